import { array, bytes, bytesUpTo, codec, struct, type TypeOf, u64, uint } from "@cweb/serialization";
import { maxLost, maxMissing, maxPayload, maxRiderBytes, maxRiders } from "../core/limits.ts";

const riderType = struct({ kind: uint(), bytes: bytesUpTo(maxRiderBytes) });

const bodyType = struct({
  /** Number of the message in its direction, from 1, across chains. */
  seq: uint(),
  /** All seqs up to this one are finished, except those in `missing`. */
  ack: uint(),
  missing: array(uint(), maxMissing),
  /** Given up by the receiver for good; finished all the same. */
  lost: array(uint(), maxLost),
  /** The sender's own last initSeq. */
  initFloor: u64,
  /** Milliseconds since 1970. */
  sentAt: u64,
  kind: uint(),
  messageId: bytes(16),
  riders: array(riderType, maxRiders),
  payload: bytesUpTo(maxPayload),
});

/** Something small that travels with a message that is sent anyway (SPEC "Riders"). */
export type Rider = TypeOf<typeof riderType>;
/** What is inside a message (SPEC "Body"). */
export type Body = TypeOf<typeof bodyType>;
export const bodyCodec = codec(bodyType, { maxBytes: 63_076 });
