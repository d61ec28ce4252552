import {
  array,
  bool,
  bytes,
  bytesUpTo,
  type Codec,
  codec,
  literal,
  nullable,
  SerializationError,
  struct,
  u64,
  uint,
  type WireType,
} from "@cweb/serialization";
import { limits } from "../core/limits.ts";
import type { OwnState, Published } from "../core/own-state.ts";
import type { Generation } from "../core/prekeys.ts";
import { DiscoveryError } from "../discovery-error.ts";
import { publicProperties } from "./public-properties.ts";

/** The record of an identity. It never changes after its creation. */
export interface IdentityRecord {
  readonly version: 1;
  readonly seed: Uint8Array;
  readonly nextIdCommit: Uint8Array;
  readonly profile: Uint8Array;
}

const identityType: WireType<IdentityRecord> = struct({
  version: literal(1),
  seed: bytes(32),
  nextIdCommit: bytes(32),
  profile: bytesUpTo(limits.profile),
});

const published: WireType<Published> = struct({
  seq: u64,
  hash: bytes(32),
  issuedAt: u64,
  incarnation: u64,
  gen: u64,
  oldestGen: u64,
});

const ownType: WireType<OwnState & { readonly version: 1 }> = struct({
  version: literal(1),
  properties: publicProperties,
  slotBits: uint(limits.slotBits),
  changed: bool,
  awaitsAdoption: bool,
  floor: u64,
  oldestGen: u64,
  published: nullable(published),
  storedSeq: u64,
  history: array(struct({ seq: u64, hash: bytes(32), issuedAt: u64 }), limits.history),
});

const generation: WireType<Generation> = struct({
  gen: u64,
  incarnation: u64,
  issuedAt: u64,
  signedPrekey: bytes(32),
  kemSeed: bytes(64),
  broadcastSeed: bytes(32),
});

interface PrekeysRecord {
  readonly version: 1;
  /** Newest first. */
  readonly generations: readonly Generation[];
}
const prekeysType: WireType<PrekeysRecord> = struct({ version: literal(1), generations: array(generation, 4096) });

const identityCodec = codec(identityType, { maxBytes: 4_096 });
const ownCodec = codec(ownType, { maxBytes: 65_536 });
const prekeysCodec = codec(prekeysType, { maxBytes: 1_048_576 });

/** What this home wrote itself: unreadable means that the store is damaged or written by a later version. */
export function decodeRecord<T>(name: string, codecOfRecord: Codec<T>, record: Uint8Array): T {
  try {
    return codecOfRecord.decode(record);
  } catch (cause) {
    if (!(cause instanceof SerializationError)) throw cause;
    throw new DiscoveryError("corrupt-state", `The record ${name} of this home cannot be read. Restore the home from a backup.`, { cause });
  }
}

export const identityRecord = {
  name: "discovery/identity",
  encode: (record: Omit<IdentityRecord, "version">): Uint8Array => identityCodec.encode({ version: 1, ...record }),
  decode: (record: Uint8Array): IdentityRecord => decodeRecord("discovery/identity", identityCodec, record),
} as const;

export const ownRecord = {
  name: "discovery/own",
  encode: (state: OwnState): Uint8Array => ownCodec.encode({ version: 1, ...state }),
  decode: (record: Uint8Array): OwnState => decodeRecord("discovery/own", ownCodec, record),
} as const;

export const prekeysRecord = {
  name: "discovery/prekeys",
  encode: (generations: readonly Generation[]): Uint8Array => prekeysCodec.encode({ version: 1, generations }),
  decode: (record: Uint8Array): readonly Generation[] => decodeRecord("discovery/prekeys", prekeysCodec, record).generations,
} as const;
