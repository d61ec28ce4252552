import { array, bytes, bytesUpTo, type Codec, codec, struct, type TypeOf, u64, uint } from "@cweb/serialization";
import { epochIdType, groupIdType, memberIdType, messageHashType } from "../core/ids.ts";
import { maxCopyBytes, maxMembers, maxParents } from "../core/limits.ts";

/** Where a message stands: epoch by its e, sender by its index in that epoch, number in that chain; and what it is. */
export const parentType = struct({ e: u64, index: uint(maxMembers - 1), n: uint(), messageId: messageHashType });
export type Parent = TypeOf<typeof parentType>;

const messageType = struct({
  groupId: groupIdType,
  epoch: epochIdType,
  sender: memberIdType,
  n: uint(),
  /** One more than the highest of the parents; 0 without. */
  lamport: u64,
  parents: array(parentType, maxParents),
  /** The sender's message before this one in the same epoch; zeros for the first. */
  previousOwn: messageHashType,
  /** Milliseconds since 1970, as the sender says. Orders nothing. */
  time: u64,
  kind: uint(),
  /** The sending application's id of this message. */
  uuid: bytes(16),
  payload: bytesUpTo(maxCopyBytes),
});

/** B (SPEC §5). */
export type RoomMessage = TypeOf<typeof messageType>;
export const messageCodec: Codec<RoomMessage> = codec(messageType, { maxBytes: maxCopyBytes });

/** B and its signature: what an object holds, and what a copy is. */
export const signedMessageType = struct({ body: bytesUpTo(maxCopyBytes), signature: bytes(64) });
export type SignedMessage = TypeOf<typeof signedMessageType>;
export const signedMessageCodec: Codec<SignedMessage> = codec(signedMessageType, { maxBytes: 63 * 1024 });
