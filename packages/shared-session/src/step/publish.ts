import { secret } from "@cweb/crypto";
import {
  type EpochKey,
  objectPath,
  recordHead,
  type recordKinds,
  type SignedRecord,
  sealSigned,
  signRecord,
} from "@cweb/shared-object/core";
import { type EpochId, memberBytes } from "../core/ids.ts";
import { defaultInterval, descriptorLife, maxRefs } from "../core/limits.ts";
import type { DescriptorKey } from "../core/room-head.ts";
import { adminContext, objectIdOf } from "../core/room-record.ts";
import type { RoomDraft } from "../room-draft.ts";
import { setDescriptor } from "./keys.ts";

/** How the admin writes the room's descriptor (SPEC §3.3). */

/** The key of an own descriptor: new for each epoch. */
export function newOwnDescriptor(draft: RoomDraft, e: number): DescriptorKey {
  const zeros = { version: 0, head: new Uint8Array(32), announced: 0, askedAt: 0, answeredAt: 0, stored: "", olderSince: 0, olderPolls: 0 };
  const key = secret(draft.tx.random.bytes(32));
  const own = { owner: draft.own, e, key, signingKey: draft.head.adminKey, validUntil: 0, interval: defaultInterval, isRotated: false };
  const descriptor = { ...zeros, ...own };
  draft.set({ descriptors: [...draft.head.descriptors, descriptor].sort((a, b) => a.e - b.e) });
  return descriptor;
}

export const ownDescriptor = (draft: RoomDraft, e: number): DescriptorKey | undefined =>
  draft.head.descriptors.find((one) => one.owner === draft.own && one.e === e);

export const sealKeyOf = (draft: RoomDraft, { owner, e, key }: DescriptorKey): EpochKey => ({
  owner: memberBytes(owner),
  objectId: objectIdOf(draft.head.groupId),
  epoch: e,
  key,
});

/** The seed that signs this room's descriptor: derived, so that a restored home has it too. */
const adminSeed = (draft: RoomDraft): Uint8Array =>
  draft.tools.own.adminSeed(adminContext(draft.head.groupId, draft.head.acceptedIn as EpochId));

/** Signs the next record under this key and queues it for the bucket. */
export function writeRecord(
  draft: RoomDraft,
  descriptor: DescriptorKey,
  kind: (typeof recordKinds)["epoch" | "rotated" | "handover"],
  payload: Uint8Array,
): SignedRecord {
  const { tx, crypto, head } = draft;
  const version = Math.max(tx.tick(), descriptor.e, descriptor.version + 1);
  const key = sealKeyOf(draft, descriptor);
  const signed = signRecord(crypto, adminSeed(draft), {
    objectId: objectIdOf(head.groupId),
    epoch: descriptor.e,
    version,
    prevVersion: descriptor.version,
    prevHash: descriptor.head,
    issuedAt: tx.now,
    validUntil: tx.now + descriptorLife,
    interval: defaultInterval,
    kind,
    payload,
  });
  tx.replace(objectPath(crypto, key), sealSigned(crypto, tx.random, key, signed), { beaconFirst: descriptor.version === 0 });
  setDescriptor(draft, { ...descriptor, version, head: recordHead(crypto, signed) });
  return signed;
}

/** An own descriptor of the past stands for a while yet: who was away reads there what has become of it. */
export function retire(draft: RoomDraft, descriptor: DescriptorKey, time: number): void {
  const path = objectPath(draft.crypto, sealKeyOf(draft, descriptor));
  draft.set({ retired: [...draft.head.retired, { path, until: draft.tx.confirmedNow + time }].slice(-maxRefs) });
}
