const hour = 3_600_000;
const day = 24 * hour;

/** Times in ms (SPEC §8). */
export const times = {
  hour,
  day,
  /** A descriptor is published again this long after its issue, and a generation is published no longer. */
  heartbeat: 7 * day,
  /** `expiresAt - issuedAt`, at most. */
  lifetime: 14 * day,
  /** An expired descriptor still serves for a first message this long. */
  staleUse: 90 * day,
  /** A slot tried after this age of a generation can no longer show an entry for it that anyone was right to make. */
  slotsTriedAfter: 21 * day,
  /** A generation's private keys are erased at this age. */
  generationLife: 28 * day,
  /** Values of TICK further ahead than this are ignored. */
  tickAhead: day,
  /** Tolerance for `issuedAt` and `expiresAt`. */
  clockTolerance: 10 * 60_000,
  /** A lower seq is asked again this often. */
  askAgain: 5 * 60_000,
  /** A lower seq is a rollback when it stood this long and for `rollbackPolls`. */
  rollbackAfter: 10 * 60_000,
  /** A peer that has read a descriptor this much older than the newest one at its time has been shown a withheld view. */
  withheldAfter: 2 * day,
  /** A contact without any descriptor is "pending" this long before its absence is an alarm. */
  pending: day,
} as const;

/** Counts and sizes in bytes (SPEC §8). */
export const limits = {
  /** Polls that must have shown a lower seq before it is a rollback. */
  rollbackPolls: 3,
  /** Days with failing tries after which a contact's slot no longer holds up the erasure of a generation. */
  failingDays: 7,
  descriptor: 65_536,
  profile: 1_024,
  card: 2_048,
  /** Of a stored version of an object, in characters. */
  version: 1_024,
  properties: 32,
  propertiesBytes: 16_384,
  propertyName: 64,
  slotBits: 12,
  /** Own descriptors remembered, for judging what peers say they have seen. */
  history: 32,
} as const;
