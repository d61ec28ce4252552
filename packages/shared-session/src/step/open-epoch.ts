import { compare, secret } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import { recordHead, recordKinds, type SignedRecord } from "@cweb/shared-object/core";
import { type Epoch, memberOf, readMember } from "../core/epoch.ts";
import { noEpoch } from "../core/ids.ts";
import { day, maxEpochBytes, maxMembers } from "../core/limits.ts";
import { noTodo, type Todo } from "../core/room-head.ts";
import { letterCodec } from "../core/room-head-codec.ts";
import { type Descriptor, readDescriptor } from "../core/room-record.ts";
import type { RoomDraft } from "../room-draft.ts";
import { SharedSessionError } from "../shared-session-error.ts";
import { descriptorPayload } from "../wire/descriptor.ts";
import { type CloseHead, type EpochFields, epochCodec, type ListedMember, type Policy } from "../wire/epoch.ts";
import { endCodec, keyCodec } from "../wire/key.ts";
import { roomKinds } from "../wire/kinds.ts";
import { adopt } from "./adopt.ts";
import { newOwnDescriptor, ownDescriptor, retire, writeRecord } from "./publish.ts";
import { isClosedByHandover } from "./records.ts";

/** How the admin opens an epoch (SPEC §6.1). */

/** How long what stands under the name of a past epoch is kept. */
const rotatedKept = 30 * day;

/** Opens the next epoch with these changes. Throws `SharedSessionError` `too-large` where the members do not fit. */
export function openEpoch(draft: RoomDraft, todo: Todo, policy: Policy): void {
  const { tx, crypto } = draft;
  const before = draft.current;
  const epochKey = secret(tx.random.bytes(32));
  const e = Math.max(tx.tick(), (before?.e ?? 0) + 1);
  const fields: EpochFields = {
    groupId: draft.head.groupId,
    e,
    admin: draft.own,
    previous: before?.epoch ?? noEpoch,
    members: nextMembers(draft, before, todo, e),
    commit: crypto.hash("ss/gk", epochKey),
    closeHeads: before ? closeHeads(draft, before) : [],
    handoverHead: handoverHead(draft, before),
    policy,
  };
  const body = encodeEpoch(fields);
  if (before) retireBefore(draft, before);
  const signed = writeRecord(
    draft,
    newOwnDescriptor(draft, e),
    recordKinds.epoch,
    descriptorPayload.encode({ epoch: body, about: draft.head.about }),
  );
  const descriptor = readDescriptor(crypto, signed, (bytes) => draft.readEpoch(bytes)) as Descriptor;
  draft.set({ epochKeys: [...draft.head.epochKeys, { from: draft.own, e, key: secret(epochKey) }], todo: noTodo });
  draft.set({ openedAt: tx.now, writtenAt: tx.now, owesEpoch: false, hearing: null });
  adopt(draft, descriptor);
  tellMembers(draft, descriptor.epoch, before, epochKey);
  tx.consume(epochKey);
}

function encodeEpoch(fields: EpochFields): Uint8Array {
  if (fields.members.length > maxMembers) throw new SharedSessionError("too-large", `a room has at most ${maxMembers} members`);
  const size = fields.members.reduce((sum, { card }) => sum + card.length + 160, 2048) + fields.closeHeads.length * 48;
  if (size > maxEpochBytes) throw new SharedSessionError("too-large", "the cards of so many members do not fit into one descriptor");
  return epochCodec.encode(fields);
}

function nextMembers(draft: RoomDraft, before: Epoch | undefined, { joins, leaves, rekeys }: Todo, e: number): readonly ListedMember[] {
  const { rejoinSeed } = draft.head;
  const own = rejoinSeed === null ? [] : [{ member: draft.own, gspk: draft.crypto.ed25519.publicKey(rejoinSeed) as Uint8Array | null }];
  const isLeaving = (id: CwebId): boolean => leaves.some(({ member }) => member === id);
  const stay = (before?.members ?? [])
    .filter(({ id }) => !isLeaving(id))
    .map((member) => {
      const gspk = [...own, ...rekeys].find((one) => one.member === member.id)?.gspk ?? member.gspk;
      const { card, idKeys, joinedEpoch, id, idBytes } = member;
      return { id, idBytes, listed: { card, idKeys, gspk, joinedEpoch } };
    });
  const fresh = joins
    .filter(({ member }) => !stay.some(({ id }) => id === member))
    .flatMap(({ join: { card, idKeys, gspk } }) => {
      const listed = { card, idKeys, gspk, joinedEpoch: e };
      const member = readMember(draft.crypto, listed);
      return member ? [{ id: member.id, idBytes: member.idBytes, listed }] : [];
    });
  return [...stay, ...fresh].sort((a, b) => compare(a.idBytes, b.idBytes)).map(({ listed }) => listed);
}

/** Of each sender the last message that is shown here with all before it. */
function closeHeads(draft: RoomDraft, before: Epoch): readonly CloseHead[] {
  return draft.index(before.epoch).senders.flatMap((entries, index): CloseHead[] => {
    let last: CloseHead | undefined;
    for (const { n, messageId, state } of entries) {
      if (n !== (last?.n ?? -1) + 1 || state !== 1) break;
      last = { index, n, messageId };
    }
    return last ? [last] : [];
  });
}

function handoverHead(draft: RoomDraft, before: Epoch | undefined): Uint8Array | null {
  if (!before || before.admin === draft.own || !isClosedByHandover(draft, before)) return null;
  return recordHead(draft.crypto, (draft.record(before.epoch) as { record: SignedRecord }).record);
}

/** The descriptor of the epoch before keeps E, so that who was away can follow; a handover record stays as it is. */
function retireBefore(draft: RoomDraft, before: Epoch): void {
  const descriptor = ownDescriptor(draft, before.e);
  if (!descriptor || isClosedByHandover(draft, before)) return;
  const payload = descriptorPayload.encode({ epoch: before.bytes, about: draft.head.about });
  const signed = writeRecord(draft, descriptor, recordKinds.rotated, payload);
  const record = draft.record(before.epoch);
  if (record) draft.setRecord(before.epoch, { ...record, record: signed });
  retire(draft, descriptor, rotatedKept);
}

/** The record that made this home admin travels with its keys and ends: a store that hides it hides nothing. */
function proofOf(draft: RoomDraft): SignedRecord | null {
  const { acceptedIn } = draft.head;
  return acceptedIn === null || acceptedIn === noEpoch ? null : (draft.record(acceptedIn)?.record ?? null);
}

function tellMembers(draft: RoomDraft, epoch: Epoch, before: Epoch | undefined, epochKey: Uint8Array): void {
  const { groupId, adminKey } = draft.head;
  const proof = proofOf(draft);
  const own = ownDescriptor(draft, epoch.e);
  if (!own) return;
  const object = {
    objectId: own && (groupId as string as never),
    epoch: epoch.e,
    key: own.key,
    verifyKey: adminKey,
    version: 0,
    head: new Uint8Array(32),
  };
  // A room that is just being founded has none, and its id is another one each time that its step runs.
  if (before) dropOldKeys(draft);
  const payload = keyCodec.encode({ object, epochKey: secret(epochKey), proof });
  const unacknowledged = epoch.members
    .filter(({ id }) => id !== draft.own)
    .map(({ id }) => ({ member: id, messageId: draft.letter(id, "key", payload) }));
  draft.set({ unacknowledged });
  for (const { id } of before?.members ?? []) {
    if (id !== draft.own && !memberOf(epoch, id)) draft.letter(id, "end", endCodec.encode({ groupId, proof }));
  }
}

/** Keys of earlier epochs that no session has taken yet serve nobody any more. */
function dropOldKeys(draft: RoomDraft): void {
  for (const { name, bytes } of draft.tx.scan(draft.names.letterPrefix, { limit: 1000 })) {
    if (letterCodec.decode(bytes).kind === roomKinds.key.number) draft.tx.remove(name);
  }
}

/** Told again to one who asks and is no member. */
export function tellEnd(draft: RoomDraft, member: CwebId): void {
  draft.letter(member, "end", endCodec.encode({ groupId: draft.head.groupId, proof: proofOf(draft) }));
}
