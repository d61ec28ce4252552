import type { CwebId } from "@cweb/discovery";
import { memberOf } from "../core/epoch.ts";
import { copiesPerDay, day, maxMembers } from "../core/limits.ts";
import type { RoomDraft } from "../room-draft.ts";
import { copyCodec, type Want } from "../wire/recovery.ts";
import { sendNothing, sendRecord } from "./ask.ts";
import { kept } from "./show.ts";

/** What members ask of each other (SPEC §7.3): original bytes and records, for members of their epochs only. Never keys. */
export function answerWant(draft: RoomDraft, from: CwebId, { epoch, messages }: Want): void {
  for (const place of messages) {
    const found = draft.epoch(place.epoch);
    const entry = found && draft.entry(place);
    if (!entry || !memberOf(found, from) || !isFree(draft, from)) continue;
    const held = kept(draft, entry);
    const isOwn = held?.message.sender === draft.own;
    if (!held || (!isOwn && !found.policy.copies)) continue;
    count(draft, from);
    const { body, signature } = held.stored;
    draft.letter(from, "copy", copyCodec.encode({ of: 1, groupId: draft.head.groupId, message: { body, signature } }));
  }
  if (messages.length > 0 || !isFree(draft, from)) return;
  count(draft, from);
  if (epoch !== null) answerRecord(draft, from, epoch);
  else if (from === draft.head.admin && !draft.isAdmin)
    draft.set({ answers: [...new Set([...draft.head.answers, from])].slice(0, maxMembers) });
  else answerNewest(draft, from);
}

function answerRecord(draft: RoomDraft, from: CwebId, epoch: NonNullable<Want["epoch"]>): void {
  const found = draft.epoch(epoch);
  if (found && memberOf(found, from)) sendRecord(draft, from, epoch);
}

/** The newest record of an epoch in which the asker is a member, or that there is none. */
export function answerNewest(draft: RoomDraft, from: CwebId): void {
  const { current } = draft;
  if (current && memberOf(current, from)) {
    sendRecord(draft, from, current.epoch);
    return;
  }
  const older = draft.head.epochs.toReversed().find(({ epoch }) => {
    const found = draft.epoch(epoch);
    return found !== undefined && memberOf(found, from) !== undefined;
  });
  if (older) sendRecord(draft, from, older.epoch);
  else sendNothing(draft, from);
}

const today = (draft: RoomDraft): number => Math.floor(draft.tx.now / day);
const copiesFor = (draft: RoomDraft, member: CwebId): number =>
  draft.head.copied.day === today(draft) ? (draft.head.copied.counts.find((one) => one.member === member)?.count ?? 0) : 0;

const isFree = (draft: RoomDraft, member: CwebId): boolean => copiesFor(draft, member) < copiesPerDay;

function count(draft: RoomDraft, member: CwebId): void {
  const { copied } = draft.head;
  const counts = copied.day === today(draft) ? copied.counts.filter((one) => one.member !== member) : [];
  draft.set({ copied: { day: today(draft), counts: [...counts, { member, count: copiesFor(draft, member) + 1 }].slice(-maxMembers) } });
}
