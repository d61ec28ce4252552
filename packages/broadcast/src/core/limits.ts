const day = 24 * 3_600_000;

/** SPEC §8. Sizes in bytes, times in ms. */
export const limits = {
  entry: 4_096,
  enc: 1_120,
  commitment: 32,
  /** Entries of a slot, always a power of two. */
  leastEntries: 4,
  mostEntries: 64,
  /** What HPKE's tag and the padding's length leave of an entry for the inner message. */
  inner: 2_924,
  /** What the fields of the inner message leave for `sealed`. */
  sealed: 1_754,
  /** One-off items in an entry: `sealed` without what SEAL adds. */
  entryItems: 1_682,
  /** One-off items in a box: what a kind 4 message of a session can carry too. */
  boxItems: 57_344,
  items: 64,
  box: 65_536,
  /** Live entries that are looked at in one rewrite. */
  recipients: 16_384,
  /** Hashes of initial messages remembered for one sender. */
  seen: 1_024,
  /** Ids of one-off messages remembered for one sender, across its restores. */
  recentIds: 128,
} as const;

export const times = {
  day,
  /** A one-off message is listed this long. */
  oneOffLife: 28 * day,
  /** E is halved when half would have done for this long. */
  shrinkAfter: 28 * day,
  /** A set of slots that is out of use stays readable this long: as long as anyone may hold a descriptor that names it. */
  frozen: 104 * day,
  /** Values of TICK further ahead than this are ignored. */
  tickAhead: day,
} as const;

/** A slot object is at most 64 entries of 4 KiB. */
export const slotMaxBytes: number = limits.mostEntries * limits.entry;
