import { bytes, bytesUpTo, type Codec, codec, struct, u64, uint } from "@cweb/serialization";
import { limits } from "../core/limits.ts";
import { type ObjectId, objectIdType } from "../core/object-id.ts";

/** Append-only. `epoch` and `handover` are of rooms. */
export const recordKinds = { value: 0, fileReference: 1, rotated: 2, deleted: 3, epoch: 4, handover: 5 } as const;

/** R (SPEC §3.1): one version of an object. */
export interface ObjectRecord {
  readonly objectId: ObjectId;
  /** TICK. */
  readonly epoch: number;
  /** TICK: above all earlier ones of the object. */
  readonly version: number;
  /** The record before this one, and its head; 0 and zeros where the owner cannot know it. */
  readonly prevVersion: number;
  readonly prevHash: Uint8Array;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly validUntil: number;
  /** Seconds between two polls, as the owner wishes it. */
  readonly interval: number;
  /** One of `recordKinds`. */
  readonly kind: number;
  readonly payload: Uint8Array;
}

const maxRecord = 65_390;

export const objectRecord: Codec<ObjectRecord> = codec(
  struct({
    objectId: objectIdType,
    epoch: u64,
    version: u64,
    prevVersion: u64,
    prevHash: bytes(32),
    issuedAt: u64,
    validUntil: u64,
    interval: uint(limits.interval),
    kind: uint(255),
    payload: bytesUpTo(maxRecord),
  }),
  { maxBytes: maxRecord },
);

/** What is sealed: the record's bytes as they were signed, and the signature. */
export const signedRecord: Codec<{ readonly record: Uint8Array; readonly signature: Uint8Array }> = codec(
  struct({ record: bytesUpTo(maxRecord), signature: bytes(64) }),
  { maxBytes: limits.object },
);
