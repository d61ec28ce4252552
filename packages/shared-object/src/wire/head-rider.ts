import { bytes, type Codec, codec, struct, u64 } from "@cweb/serialization";
import { type ObjectId, objectIdType } from "../core/object-id.ts";

/** so-head (SPEC §3.5): the newest record that is stored. */
export interface HeadRider {
  readonly objectId: ObjectId;
  readonly version: number;
  readonly head: Uint8Array;
}

export const headRider: Codec<HeadRider> = codec(struct({ objectId: objectIdType, version: u64, head: bytes(32) }), { maxBytes: 128 });
