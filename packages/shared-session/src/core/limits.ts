export const minute = 60_000;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;

export const maxMembers = 256;
/** Bytes of E that fit into a record, which must fit into a session message. */
export const maxEpochBytes: number = 48 * 1024;
export const maxParents = 8;
export const maxWants = 32;
/** Bytes of B. */
export const maxMessageBytes: number = 55 * 1024;
/** Bytes of B that carries another one. */
export const maxCopyBytes: number = 60 * 1024;
/** Bytes of payload of a message; the other fields of B take less than 1 KiB. */
export const maxPayload: number = 54 * 1024;
export const maxObjectBytes = 65_536;
export const maxNameBytes = 256;
export const maxPictureBytes = 4096;
/** Members to whom a message is announced. */
export const maxHints = 8;
/** Message keys kept for messages that a chain has passed over. */
export const maxSkipped = 1000;
/** Wanted messages and epochs that are remembered; what is beyond is found again by its references. */
export const maxRefs = 4096;
/** Messages that are held and wait for others. */
export const maxWaiting = 1024;
/** How many of them one step shows. */
export const shownPerStep = 16;
export const maxPendingRecords = 64;
export const maxHeld = 64;
export const maxRooms = 256;
/** Unanswered invitations kept. */
export const maxInvitations = 256;

/** An epoch is followed by another after so long, or so many messages. */
export const rotateAfter: number = 7 * day;
export const rotateMessages = 1000;
/** New epochs for reasons that a member can cause alone. */
export const rekeyEvery: number = 60 * minute;
/** How old an answer about the descriptor may be when a message is sent. */
export const descriptorFresh = 60_000;
export const askEvery: number = 10 * minute;
export const fetchEvery = 60_000;
export const askDaily: number = 24 * hour;
export const withheldAfter: number = 24 * hour;
/** Days with a completed round that keys of a closed epoch are kept. */
export const keysKeptDays = 7;
export const epochsKept: number = 120 * day;
export const messagesKept: number = 90 * day;
export const waitForMembers: number = 7 * day;
export const copiesPerDay = 1000;
/** GETs for missing messages in one round, and messages that follow a probe that found one. */
export const fetchesPerRound = 32;
export const followPerProbe = 64;
/** A descriptor is written anew after so long, and stands for twice as long. */
export const heartbeat: number = 7 * day;
export const descriptorLife: number = 14 * day;
/** TICK values further ahead of the own clock are ignored. */
export const clockTolerance: number = 24 * hour;
/** How long a handover record stands. */
export const handoverKept: number = 90 * day;
export const defaultInterval = 300;
