import type { CipherSuite } from "@cweb/crypto";
import type { Version } from "@cweb/storage-remote";
import { type CwebId, encodeId } from "./cweb-id.ts";
import type { SlotTries } from "./own-state.ts";
import { type PeerDescriptor, readPinned } from "./peer-descriptor.ts";

/** What can be wrong with a contact's descriptor, or with how its store answers. Append-only; the order is that of the wire. */
export const alarmCodes = [
  "descriptor-rollback",
  "descriptor-fork",
  "descriptor-stale",
  "profile-mismatch",
  "object-invalid",
  "object-missing",
  "access-refused",
  "clock-skew",
  "identity-changed",
] as const;
export type AlarmCode = (typeof alarmCodes)[number];

export interface Alarm {
  readonly code: AlarmCode;
  /** When it was raised, in ms. */
  readonly since: number;
}

/** An old or absent descriptor that is being asked for again. */
export interface Doubt {
  readonly since: number;
  readonly polls: number;
}

/** The record of a contact. */
export interface ContactState extends SlotTries {
  readonly idBytes: Uint8Array;
  /** Where this contact is read: from the card, later from its own signed descriptor. */
  readonly profile: Uint8Array;
  /** No descriptor with a lower seq is accepted. */
  readonly minSeq: number;
  readonly addedAt: number;
  /** When a fetch last showed the pinned or a newer descriptor. */
  readonly fetchedAt: number | null;
  /** The stored version of the pinned descriptor's object. */
  readonly version: string | null;
  /** D, verified. */
  readonly pinned: Uint8Array | null;
  /** Its `expiresAt`, beside it so that the age can be told without decoding. */
  readonly expiresAt: number | null;
  readonly doubt: Doubt | null;
  readonly alarms: readonly Alarm[];
}

export function newContact(idBytes: Uint8Array, profile: Uint8Array, minSeq: number, now: number): ContactState {
  return {
    idBytes,
    profile,
    minSeq,
    addedAt: now,
    fetchedAt: null,
    version: null,
    pinned: null,
    expiresAt: null,
    doubt: null,
    alarms: [],
    triedAt: null,
    failedDays: [],
  };
}

/** A contact as the layers above see it. Times in ms. */
export interface Contact {
  readonly id: CwebId;
  readonly idBytes: Uint8Array;
  /** The encoded read profile: where to read this contact's bucket. */
  readonly profile: Uint8Array;
  readonly addedAt: number;
  /** When a fetch last showed the pinned or a newer descriptor. */
  readonly fetchedAt?: number;
  readonly pinned?: PeerDescriptor;
  /** For the conditional GET of the descriptor. */
  readonly version?: Version;
  /** Ask for the descriptor again now, not only daily: an older one than known is being served. */
  readonly inDoubt: boolean;
  readonly alarms: readonly Alarm[];
}

export function toContact(crypto: CipherSuite, state: ContactState): Contact {
  return {
    id: encodeId(state.idBytes),
    idBytes: state.idBytes,
    profile: state.profile,
    addedAt: state.addedAt,
    ...(state.fetchedAt === null ? {} : { fetchedAt: state.fetchedAt }),
    ...(state.pinned === null ? {} : { pinned: readPinned(crypto, state.pinned) }),
    ...(state.version === null ? {} : { version: state.version as Version }),
    inDoubt: state.doubt !== null,
    alarms: state.alarms,
  };
}
