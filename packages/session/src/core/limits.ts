/** Limits of SPEC "Limits": named here once, each with its reason. */

const DAY = 24 * 3600 * 1000;

/** Bytes of payload in one message: what is left of 64 KiB after header, riders and acknowledgements. */
export const maxPayload = 56 * 1024;
/** Riders of one message: how many, and together how many bytes. */
export const maxRiders = 16;
export const maxRiderBytes = 4096;
/** Riders that wait for a message: beyond, the oldest are forgotten. */
export const maxWaitingRiders = 256;
/** Entries of `missing` and of `lost` in one body. */
export const maxMissing = 32;
export const maxLost = 32;
/** Skipped message keys kept for one chain and for the session; a message that would need more is refused. */
export const maxSkippedInChain = 1000;
export const maxSkipped = 2000;
/** Unacknowledged messages beyond which `send` refuses: the peer is away. */
export const maxUnacked = 10_000;
/** A pure acknowledgement is owed after so many messages or so long. */
export const ackAfterMessages = 16;
export const ackAfter = DAY;
/** The oldest unacknowledged message is looked at in the own bucket after this, then daily. */
export const checkAfter = DAY;
/** Unacknowledged for so long (and so many active days), a session is ended. */
export const endAfter = 90 * DAY;
export const endAfterActiveDays = 30;
/** Active days after which a skipped key is asked for once more and then given up. */
export const skippedActiveDays = 30;
/** Active days after the last reset during which message ids are kept. */
export const idsAfterResetDays = 180;
/** An unanswered initial message stands so long. */
export const initLife = 90 * DAY;
/** A descriptor fetched within this is new enough for a first message. */
export const descriptorFreshFor = 3600 * 1000;

/** Names ahead of the expected one that the rotation asks for: in the current chain and in the next. */
export const aheadInChain = 32;
export const aheadInNextChain = 4;
/** GETs of one round at most. */
export const maxGetsPerRound = 64;
/** Rounds between two turns of the rotation. */
export const rotationEvery = 16;
export const slotInterval = 3600 * 1000;
export const descriptorInterval = DAY;
/** Longer without a round is a pause: then two rounds follow each other. */
export const pauseAfter = 10 * 60 * 1000;
/** A TICK value further ahead of the own clock is ignored. */
export const clockTolerance = DAY;
/** Objects of a session have one of crypto's size classes; the largest: */
export const maxObject = 65_536;
/** Of ids that the application gave to messages which are finished now, so many are remembered: sending one again sends nothing. */
export const keptOwnIds = 64;
/** Names of objects that were reported as undecryptable are remembered, so many: each is reported once. */
export const keptReported = 64;
/** Rounds in a row without an answer of the contact's store before that is an alarm. */
export const failuresBeforeAlarm = 3;
