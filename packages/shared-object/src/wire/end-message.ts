import { bytesUpTo, type Codec, codec, nullable, struct, u64 } from "@cweb/serialization";
import { type ObjectId, objectIdType } from "../core/object-id.ts";

/** so/end (SPEC §3.4): its recipient is no subscriber any more. */
export interface EndMessage {
  readonly objectId: ObjectId;
  /** The first epoch that the recipient has no part in. */
  readonly epoch: number;
  /** Only of rooms. */
  readonly proof: Uint8Array | null;
}

export const endMessage: Codec<EndMessage> = codec(struct({ objectId: objectIdType, epoch: u64, proof: nullable(bytesUpTo(57_000)) }), {
  maxBytes: 57_100,
});
