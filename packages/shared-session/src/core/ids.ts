import { decodeBase32, encodeBase32 } from "@cweb/crypto";
import { type CwebId, decodeId, encodeId } from "@cweb/discovery";
import { bytes, mapped, type WireType } from "@cweb/serialization";

/** A room's id: 16 bytes as 26 characters of base32. Made by `toGroupId`. */
export type GroupId = string & { readonly __brand: "GroupId" };
/** T_e, the hash of an epoch: 32 bytes as 52 characters of base32. */
export type EpochId = string & { readonly __brand: "EpochId" };
/** msgId, the hash of a message: likewise. */
export type MessageHash = string & { readonly __brand: "MessageHash" };

const decode = (text: string): Uint8Array => decodeBase32(text) as Uint8Array;

export const toGroupId = (id: Uint8Array): GroupId => encodeBase32(id) as GroupId;
export const toEpochId = (id: Uint8Array): EpochId => encodeBase32(id) as EpochId;
export const toMessageHash = (id: Uint8Array): MessageHash => encodeBase32(id) as MessageHash;
/** The bytes of any of the three. */
export const idBytes = (id: GroupId | EpochId | MessageHash): Uint8Array => decode(id);
export const memberBytes = (id: CwebId): Uint8Array => decodeId(id) as Uint8Array;

/** `undefined` for a text that is not a room's id. */
export function parseGroupId(text: string): GroupId | undefined {
  return decodeBase32(text)?.length === 16 ? (text as GroupId) : undefined;
}

export const groupIdType: WireType<GroupId> = mapped(bytes(16), toGroupId, idBytes);
export const epochIdType: WireType<EpochId> = mapped(bytes(32), toEpochId, idBytes);
export const messageHashType: WireType<MessageHash> = mapped(bytes(32), toMessageHash, idBytes);
export const memberIdType: WireType<CwebId> = mapped(bytes(32), encodeId, memberBytes);

/** prevT of a room's first epoch. */
export const noEpoch: EpochId = toEpochId(new Uint8Array(32));
/** prevOwn of the first message of a chain. */
export const noMessage: MessageHash = toMessageHash(new Uint8Array(32));
