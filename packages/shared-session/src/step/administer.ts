import { equal } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import { recordKinds } from "@cweb/shared-object/core";
import { type Epoch, indexOf, memberOf, readMember } from "../core/epoch.ts";
import { handoverKept } from "../core/limits.ts";
import { noTodo, type Todo } from "../core/room-head.ts";
import { acceptBytes, adminContext, isAccepted } from "../core/room-record.ts";
import type { RoomDraft } from "../room-draft.ts";
import { type Accept, acceptCodec, handoverPayload } from "../wire/descriptor.ts";
import type { Join, Leave, Offer, Rejoin } from "../wire/membership.ts";
import { sendRecord } from "./ask.ts";
import { tellEnd } from "./open-epoch.ts";
import { ownDescriptor, retire, writeRecord } from "./publish.ts";
import { isClosedByHandover } from "./records.ts";

/** What members ask of the admin, and how the role is handed on (SPEC §6.1, §8). */

/** Whether a signing key stood in an epoch: it never comes back, else a join that is asked twice would undo a removal. */
function wasListed(draft: RoomDraft, gspk: Uint8Array): boolean {
  return draft.head.epochs.some(({ epoch }) => draft.epoch(epoch)?.members.some((member) => equal(member.gspk, gspk)));
}

const change = (draft: RoomDraft, todo: Partial<Todo>): void => draft.set({ todo: { ...draft.head.todo, ...todo } });

/** Who is admin no more answers with the record that says who is. */
function redirect(draft: RoomDraft, to: CwebId): void {
  const own = draft.head.epochs.filter(({ epoch }) => draft.epoch(epoch)?.admin === draft.own);
  for (const { epoch } of own) if (isClosedByHandover(draft, draft.epoch(epoch) as Epoch)) sendRecord(draft, to, epoch);
}

export function takeJoin(draft: RoomDraft, from: CwebId, join: Join): void {
  if (!draft.isAdmin) {
    redirect(draft, from);
    return;
  }
  const { invited, todo } = draft.head;
  const listed = { card: join.card, idKeys: join.idKeys, gspk: join.gspk, joinedEpoch: 0 };
  const isOwn = readMember(draft.crypto, listed)?.id === from;
  const isWanted = invited.includes(from) && !(draft.current && memberOf(draft.current, from));
  if (!isOwn || !isWanted || wasListed(draft, join.gspk) || !draft.crypto.ed25519.isValidPublicKey(join.gspk)) return;
  change(draft, { joins: [...todo.joins.filter(({ member }) => member !== from), { member: from, join }] });
}

export function takeLeave(draft: RoomDraft, from: CwebId, { epoch, sent }: Leave): void {
  if (!draft.isAdmin) {
    redirect(draft, from);
    return;
  }
  const { leaves } = draft.head.todo;
  if (leaves.some(({ member }) => member === from)) return;
  const known = draft.epoch(epoch);
  const index = known ? indexOf(known, from) : -1;
  const last = sent > 0 && index >= 0 ? { epoch, index, n: sent - 1 } : null;
  change(draft, { leaves: [...leaves, { member: from, last, since: draft.tx.now }] });
}

export function takeRejoin(draft: RoomDraft, from: CwebId, { gspk }: Rejoin): void {
  if (!draft.isAdmin) {
    redirect(draft, from);
    return;
  }
  const { current } = draft;
  if (!current || !memberOf(current, from)) {
    if (!draft.head.hearing) tellEnd(draft, from);
    return;
  }
  if (wasListed(draft, gspk) || !draft.crypto.ed25519.isValidPublicKey(gspk)) return;
  const { rekeys } = draft.head.todo;
  change(draft, { rekeys: [...rekeys.filter(({ member }) => member !== from), { member: from, gspk }] });
}

/** A key that may have been lost on its way is made anew. */
export function rekey(draft: RoomDraft, member: CwebId): void {
  const { rekeys } = draft.head.todo;
  if (!rekeys.some((one) => one.member === member)) change(draft, { rekeys: [...rekeys, { member, gspk: null }] });
}

/** The admin asks this home to take its place: it consents, for this epoch only. */
export function takeOffer(draft: RoomDraft, from: CwebId, { epoch, signingKey }: Offer): void {
  const { head, crypto } = draft;
  if (
    from !== head.admin ||
    !equal(signingKey, head.adminKey) ||
    head.current !== epoch ||
    !draft.isMember ||
    head.rejoinSeed !== null ||
    head.wish === "leave"
  )
    return;
  const seed = draft.tools.own.adminSeed(adminContext(head.groupId, epoch));
  const signature = crypto.ed25519.sign(seed, "ss/accept", acceptBytes(head.groupId, epoch, head.adminKey));
  const accept = { groupId: head.groupId, epoch, signingKey: crypto.ed25519.publicKey(seed), signature };
  draft.letter(from, "accept", acceptCodec.encode(accept));
}

/** The member to whom the role was offered consents: the last record of this admin says so. */
export function takeAccept(draft: RoomDraft, from: CwebId, accept: Accept): void {
  const { head, crypto, current } = draft;
  const to = current && memberOf(current, from);
  const isOffered = draft.isAdmin && head.hearing === null && head.offeredTo === from && accept.epoch === head.current;
  if (!isOffered || !to || head.todo.leaves.some(({ member }) => member === from) || isClosedByHandover(draft, current)) return;
  const descriptor = ownDescriptor(draft, current.e);
  const record = draft.record(current.epoch);
  if (!descriptor || !record || !isAccepted(crypto, accept, head.adminKey)) return;
  const payload = handoverPayload.encode({ epoch: current.bytes, card: to.card, accept });
  const signed = writeRecord(draft, descriptor, recordKinds.handover, payload);
  retire(draft, descriptor, handoverKept);
  draft.setRecord(current.epoch, { ...record, record: signed });
  const { joins, leaves, rekeys } = head.todo;
  draft.set({ admin: from, adminKey: accept.signingKey, acceptedIn: null, offeredTo: null, todo: noTodo });
  draft.report("room-admin", { member: from, e: current.e });
  const asked = new Set([...joins, ...leaves, ...rekeys].map(({ member }) => member));
  for (const member of new Set([from, ...asked])) sendRecord(draft, member, current.epoch);
}
