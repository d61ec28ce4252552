import { type CipherSuite, concat, pad, type Random, sealOverhead, sizeClass, sizeClasses, u64, unpad, utf8 } from "@cweb/crypto";
import { type Path, toPath } from "@cweb/storage-remote";
import { SharedObjectError } from "../shared-object-error.ts";
import { tryDecode } from "../wire/decode.ts";
import { type ObjectRecord, objectRecord, signedRecord } from "../wire/object-record.ts";
import { decodeObjectId, type ObjectId } from "./object-id.ts";

/** What is needed to find and open the records of one epoch. */
export interface EpochKey {
  /** The owner's id, 32 bytes. */
  readonly owner: Uint8Array;
  readonly objectId: ObjectId;
  readonly epoch: number;
  /** K_e, 32 bytes. */
  readonly key: Uint8Array;
}

/** A record that was opened or made, and its head: 32 bytes over the bytes that were signed. */
export interface HeadedRecord {
  readonly record: ObjectRecord;
  readonly head: Uint8Array;
}

/** The one name of an epoch (SPEC §4). */
export function objectPath(crypto: CipherSuite, { objectId, key }: Pick<EpochKey, "objectId" | "key">): Path {
  return toPath(crypto.name(crypto.derive(key, "so/name", utf8(""), 32), idBytes(objectId)));
}

/** R as it was signed, and the signature. */
export interface SignedRecord {
  readonly record: Uint8Array;
  readonly signature: Uint8Array;
}

export const recordHead = (crypto: CipherSuite, signed: SignedRecord): Uint8Array => crypto.hash("so/head", signed.record);

export function signRecord(crypto: CipherSuite, signingKey: Uint8Array, record: ObjectRecord): SignedRecord {
  const bytes = objectRecord.encode(record);
  return { record: bytes, signature: crypto.ed25519.sign(signingKey, "so/sig", bytes) };
}

/** `undefined` for what is not a record, or was not signed with this key. */
export function verifyRecord(crypto: CipherSuite, verifyKey: Uint8Array, signed: SignedRecord): ObjectRecord | undefined {
  const isSigned = crypto.ed25519.verify(verifyKey, "so/sig", signed.record, signed.signature);
  return isSigned ? tryDecode(objectRecord, signed.record) : undefined;
}

/** Pads to a size class and seals (SPEC §4). Throws `SharedObjectError` `too-large`. */
export function sealSigned(crypto: CipherSuite, random: Random, epochKey: EpochKey, signed: SignedRecord): Uint8Array {
  const body = signedRecord.encode(signed);
  const size = sizeClass(body.length + 4 + sealOverhead);
  if (size === undefined) throw new SharedObjectError("too-large", "a record does not fit into one object");
  return crypto.seal("so", sealKey(crypto, epochKey), associatedData(epochKey), pad(body, size - sealOverhead), random);
}

/** What was sealed with the key of this epoch, whoever signed it. */
export function openSigned(crypto: CipherSuite, epochKey: EpochKey, object: Uint8Array): SignedRecord | undefined {
  if (!sizeClasses.includes(object.length)) return undefined;
  const padded = crypto.open("so", sealKey(crypto, epochKey), associatedData(epochKey), object);
  const body = padded && unpad(padded);
  return body && tryDecode(signedRecord, body);
}

/** Signs, pads to a size class and seals (SPEC §4). Throws `SharedObjectError` `too-large`. */
export function sealObject(
  crypto: CipherSuite,
  random: Random,
  epochKey: EpochKey,
  signingKey: Uint8Array,
  record: ObjectRecord,
): { readonly object: Uint8Array; readonly head: Uint8Array } {
  const signed = signRecord(crypto, signingKey, record);
  return { object: sealSigned(crypto, random, epochKey, signed), head: recordHead(crypto, signed) };
}

/** `undefined` for anything that is not a record of this object and epoch, signed by its owner. */
export function openObject(crypto: CipherSuite, epochKey: EpochKey, verifyKey: Uint8Array, object: Uint8Array): HeadedRecord | undefined {
  const signed = openSigned(crypto, epochKey, object);
  const record = signed && verifyRecord(crypto, verifyKey, signed);
  if (!signed || !record || record.objectId !== epochKey.objectId || record.epoch !== epochKey.epoch) return undefined;
  return { record, head: recordHead(crypto, signed) };
}

const sealKey = (crypto: CipherSuite, { key }: EpochKey): Uint8Array => crypto.derive(key, "so/enc", utf8(""), 32);

const associatedData = ({ owner, objectId, epoch }: EpochKey): Uint8Array => concat(owner, idBytes(objectId), u64(epoch));

export function idBytes(objectId: ObjectId): Uint8Array {
  const id = decodeObjectId(objectId);
  if (id === undefined) throw new SharedObjectError("unknown-object", "this is not an ObjectId");
  return id;
}
