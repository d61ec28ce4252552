import { type Secret, secret } from "@cweb/crypto";
import { bytes, type Codec, codec, mapped, nullable, struct, type TypeOf, type WireType } from "@cweb/serialization";
import { keyMessageType } from "@cweb/shared-object/core";
import { groupIdType } from "../core/ids.ts";
import { signedRecordType } from "./descriptor.ts";

const key: WireType<Secret> = mapped(bytes(32), secret, (it) => it);
const keyType = struct({
  /** The key of the descriptor in one epoch, as shared objects send it; its object id is the room's id. */
  object: keyMessageType,
  /** GK_e. */
  epochKey: key,
  /** The record by which the sender became admin. */
  proof: nullable(signedRecordType),
});

/** Kind `ss/key`. */
export type KeyMessage = TypeOf<typeof keyType>;
export const keyCodec: Codec<KeyMessage> = codec(keyType, { maxBytes: 56 * 1024 });

const endType = struct({ groupId: groupIdType, proof: nullable(signedRecordType) });
/** Kind `ss/end`: the receiver is a member no more, until a later key. */
export type EndMessage = TypeOf<typeof endType>;
export const endCodec: Codec<EndMessage> = codec(endType, { maxBytes: 56 * 1024 });
