import { bytes, bytesUpTo, type Codec, codec, struct, type TypeOf, text } from "@cweb/serialization";
import { epochIdType, groupIdType } from "../core/ids.ts";
import { maxEpochBytes, maxNameBytes, maxPictureBytes } from "../core/limits.ts";

/** What a room is called: it may change within an epoch. */
export const aboutType = struct({ name: text(maxNameBytes), picture: bytesUpTo(maxPictureBytes) });
export type About = TypeOf<typeof aboutType>;

/** What a record of kind `epoch` or `rotated` holds: E as bytes, since T is their hash. */
const payloadType = struct({ epoch: bytesUpTo(maxEpochBytes), about: aboutType });
export type DescriptorPayload = TypeOf<typeof payloadType>;
export const descriptorPayload: Codec<DescriptorPayload> = codec(payloadType, { maxBytes: 56 * 1024 });

/** A new admin's consent (kind `ss/accept`): the signature is its own over groupId ‖ T ‖ the old admin's key. */
export const acceptType = struct({ groupId: groupIdType, epoch: epochIdType, signingKey: bytes(32), signature: bytes(64) });
export type Accept = TypeOf<typeof acceptType>;
export const acceptCodec: Codec<Accept> = codec(acceptType, { maxBytes: 256 });

/** The last record of an admin. */
const handoverType = struct({ epoch: bytesUpTo(maxEpochBytes), card: text(2048), accept: acceptType });
export type HandoverPayload = TypeOf<typeof handoverType>;
export const handoverPayload: Codec<HandoverPayload> = codec(handoverType, { maxBytes: 56 * 1024 });

/** R and its signature, as they stand inside a descriptor. */
export const signedRecordType = struct({ record: bytesUpTo(60 * 1024), signature: bytes(64) });
export type SignedRecord = TypeOf<typeof signedRecordType>;
export const signedRecordCodec: Codec<SignedRecord> = codec(signedRecordType, { maxBytes: 61 * 1024 });
