const minute = 60_000;
const day = 24 * 60 * minute;

/** Times in ms (SPEC §7). */
export const times = {
  day,
  /** A record says that it holds for this long, at most. */
  lifetime: 14 * day,
  /** The owner writes the record again when it is this old. */
  heartbeat: 7 * day,
  /** What is left behind by a rotation or a deletion stands this long, by the confirmed clock. */
  retirement: 30 * day,
  /** A file that no record names any more is removed this much later: somebody may be reading it. */
  fileRetirement: day,
  /** Values of TICK further ahead than this are ignored. */
  tickAhead: day,
  /** Tolerance for `issuedAt` and `validUntil`. */
  clockTolerance: 10 * minute,
  /** What was not confirmed is asked for again this often. */
  askAgain: 5 * minute,
  /** What is not confirmed is an alarm when that stood this long, and for `withheldPolls`. */
  withheldAfter: 10 * minute,
  /** A key may arrive before its owner could store what it opens: that nothing is there is no alarm for so long. */
  awaited: day,
} as const;

/** Counts, and sizes in bytes (SPEC §7). */
export const limits = {
  withheldPolls: 3,
  topic: 64,
  /** Larger values travel as a file. */
  inlineValue: 61_440,
  value: 8_388_608,
  reference: 4_096,
  object: 65_536,
  subscribers: 1_000,
  /** Contacts that were removed from an object and may have to be told again. */
  ended: 1_000,
  /** Records of an object that were made and are not known to be stored. */
  unstored: 64,
  /** Old names of an object that are still to be deleted. */
  retired: 1_000,
  /** Files of an object that no record names any more. */
  oldFiles: 4_096,
  /** Objects of one contact that this home follows. */
  objectsOfContact: 1_000,
  /** GETs of one poll of a contact. */
  getsPerPoll: 64,
  /** Bytes of large values that one poll fetches unasked. */
  fetchedPerPoll: 16_777_216,
  /** Key messages of one contact that wait for the clock. */
  held: 64,
  /** Of a stored version of an object, in characters. */
  storeVersion: 1_024,
  /** Seconds between two polls. */
  interval: 604_800,
  /** Days between two rotations. */
  rotateEvery: 365,
} as const;

export const defaults = { interval: 60, rotateEvery: 30 } as const;

export const zeros = (): Uint8Array => new Uint8Array(32);
