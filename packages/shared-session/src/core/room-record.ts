import { type CipherSuite, concat } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import { type ObjectId, type ObjectRecord, objectRecord, recordKinds, type SignedRecord } from "@cweb/shared-object/core";
import { tryDecode } from "../wire/decode.ts";
import { type About, type Accept, descriptorPayload, handoverPayload } from "../wire/descriptor.ts";
import { type Epoch, readEpoch } from "./epoch.ts";
import { type EpochId, type GroupId, idBytes } from "./ids.ts";

/** What a record of a room's descriptor says; who signed it is not looked at. */
export interface Descriptor {
  readonly signed: SignedRecord;
  readonly record: ObjectRecord;
  readonly epoch: Epoch;
  /** `undefined` in a handover record. */
  readonly about?: About;
  /** Whom a handover record makes admin. */
  readonly handover?: { readonly to: CwebId; readonly accept: Accept };
}

/** A room's id names its descriptor too. */
export const objectIdOf = (groupId: GroupId): ObjectId => groupId as string as ObjectId;

/** Reads a record (SPEC §3.3). `undefined` for anything that is not one of a room, whole and in itself consistent. */
export function readDescriptor(
  crypto: CipherSuite,
  signed: SignedRecord,
  read: (bytes: Uint8Array) => Epoch | undefined = (bytes) => readEpoch(crypto, bytes),
): Descriptor | undefined {
  const record = tryDecode(objectRecord, signed.record);
  if (!record) return undefined;
  const isHandover = record.kind === recordKinds.handover;
  if (!isHandover && record.kind !== recordKinds.epoch && record.kind !== recordKinds.rotated) return undefined;
  const payload = isHandover ? tryDecode(handoverPayload, record.payload) : tryDecode(descriptorPayload, record.payload);
  const epoch = payload && read(payload.epoch);
  if (!epoch || record.objectId !== objectIdOf(epoch.groupId) || record.epoch !== epoch.e || record.version < epoch.e) return undefined;
  if (!("accept" in payload)) return { signed, record, epoch, about: payload.about };
  const { accept, card } = payload;
  const to = epoch.members.find((member) => member.card === card);
  if (!to || accept.groupId !== epoch.groupId || accept.epoch !== epoch.epoch || to.id === epoch.admin) return undefined;
  return { signed, record, epoch, handover: { to: to.id, accept } };
}

/** What a new admin signs: this epoch of this room, under the key of the admin before it. */
export const acceptBytes = (groupId: GroupId, epoch: EpochId, adminKey: Uint8Array): Uint8Array =>
  concat(idBytes(groupId), idBytes(epoch), adminKey);

export const isAccepted = (crypto: CipherSuite, { groupId, epoch, signingKey, signature }: Accept, adminKey: Uint8Array): boolean =>
  crypto.ed25519.isValidPublicKey(signingKey) &&
  crypto.ed25519.verify(signingKey, "ss/accept", acceptBytes(groupId, epoch, adminKey), signature);

/** The context of a room's admin key (SPEC §8): T is that of the accept. */
export const adminContext = (groupId: GroupId, acceptedIn: EpochId): Uint8Array => concat(idBytes(groupId), idBytes(acceptedIn));
