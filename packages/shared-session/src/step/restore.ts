import { secret } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { RoomDraft } from "../room-draft.ts";
import { rekey } from "./administer.ts";
import { askAdmin, hearMembers, raise, sendRecord } from "./ask.ts";

/** The home was restored since this was written: it asks for a place under a new key, and an admin hears everybody before it acts. */
export function noticeRestore(draft: RoomDraft): void {
  const { head, tx } = draft;
  if (head.incarnation === tx.incarnation) return;
  draft.set({ incarnation: tx.incarnation, unacknowledged: [], todo: { ...head.todo, rekeys: [] } });
  if (head.current === null) {
    askAdmin(draft);
    return;
  }
  draft.set({ rejoinSeed: secret(tx.random.bytes(32)) });
  raise(draft, "restored", draft.own);
  if (draft.isAdmin) hearMembers(draft);
  else askAdmin(draft);
}

/** A session with this member has replaced another: what it was told may be lost, and what it was asked may be forgotten. */
export function noticeRenewed(draft: RoomDraft, member: CwebId): void {
  const { head } = draft;
  if (draft.isAdmin) {
    if (head.unacknowledged.some((one) => one.member === member)) rekey(draft, member);
    return;
  }
  if (member !== head.admin) return;
  if (draft.isMember && head.current !== null) sendRecord(draft, member, head.current);
  askAdmin(draft);
}

/** What became of a letter. */
export function noticeOutcome(draft: RoomDraft, member: CwebId, messageId: Uint8Array, isDelivered: boolean): void {
  const { unacknowledged } = draft.head;
  const found = unacknowledged.find((one) => one.member === member && one.messageId.every((byte, i) => byte === messageId[i]));
  if (!found) return;
  draft.set({ unacknowledged: unacknowledged.filter((one) => one !== found) });
  if (!isDelivered && draft.isAdmin) rekey(draft, member);
}
