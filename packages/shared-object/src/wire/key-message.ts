import type { Secret } from "@cweb/crypto";
import { bytes, type Codec, codec, struct, u64, type WireType } from "@cweb/serialization";
import { type ObjectId, objectIdType } from "../core/object-id.ts";
import { secret32 } from "./decode.ts";

/** so/key (SPEC §3.3): who holds it can read the object in this epoch. */
export interface KeyMessage {
  readonly objectId: ObjectId;
  /** TICK. */
  readonly epoch: number;
  /** 32 bytes. */
  readonly key: Secret;
  /** The Ed25519 public key of the object, 32 bytes; the same as long as the object lives. */
  readonly verifyKey: Uint8Array;
  /** Of the newest record known to be stored; 0 and zeros before the first. */
  readonly version: number;
  readonly head: Uint8Array;
}

export const keyMessageType: WireType<KeyMessage> = struct({
  objectId: objectIdType,
  epoch: u64,
  key: secret32,
  verifyKey: bytes(32),
  version: u64,
  head: bytes(32),
});
export const keyMessage: Codec<KeyMessage> = codec(keyMessageType, { maxBytes: 256 });
