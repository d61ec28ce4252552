import { array, bytes, type Codec, codec, nullable, struct, type TypeOf, uint, variant } from "@cweb/serialization";
import { epochIdType, groupIdType } from "../core/ids.ts";
import { maxMembers, maxWants } from "../core/limits.ts";
import { signedRecordType } from "./descriptor.ts";
import { signedMessageType } from "./message.ts";

const index = uint(maxMembers - 1);

const hintType = struct({ groupId: groupIdType, epoch: epochIdType, index, n: uint(), prefix: bytes(8) });
/** Kind `ss/hint`: this message is stored. In a room's own chain the payload is empty. */
export type Hint = TypeOf<typeof hintType>;
export const hintCodec: Codec<Hint> = codec(hintType, { maxBytes: 256 });

const wantType = struct({
  groupId: groupIdType,
  /** The record of this epoch; with `null` and no messages, the newest one. */
  epoch: nullable(epochIdType),
  messages: array(struct({ epoch: epochIdType, index, n: uint() }), maxWants),
});
/** Kind `ss/want`. */
export type Want = TypeOf<typeof wantType>;
export const wantCodec: Codec<Want> = codec(wantType, { maxBytes: 4096 });

const copyType = variant("of", {
  /** Nothing newer is known here. */
  0: struct({ groupId: groupIdType }),
  1: struct({ groupId: groupIdType, message: signedMessageType }),
  2: struct({ groupId: groupIdType, record: signedRecordType }),
});
/** Kind `ss/copy`: original bytes, so that ids, order and signatures stay. Never a key. */
export type Copy = TypeOf<typeof copyType>;
export const copyCodec: Codec<Copy> = codec(copyType, { maxBytes: 63 * 1024 });

const headsType = struct({
  groupId: groupIdType,
  epoch: epochIdType,
  heads: array(struct({ index, n: uint(), prefix: bytes(8) }), maxMembers, 1),
});
/** Rider `ss-heads`: what was heard since it was told last. */
export type Heads = TypeOf<typeof headsType>;
export const headsCodec: Codec<Heads> = codec(headsType, { maxBytes: 4096 });

const vouchType = struct({ tags: array(bytes(16), maxMembers) });
/** Kind `ss/vouch`: for each member in order of the epoch, a tag that only it can check; zeros at the sender's own place. */
export type Vouch = TypeOf<typeof vouchType>;
export const vouchCodec: Codec<Vouch> = codec(vouchType, { maxBytes: 8192 });
