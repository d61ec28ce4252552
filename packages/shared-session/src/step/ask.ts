import type { CwebId } from "@cweb/discovery";
import type { EpochId } from "../core/ids.ts";
import { maxRefs } from "../core/limits.ts";
import type { RoomAlarmCode } from "../core/room-head.ts";
import type { RoomDraft } from "../room-draft.ts";
import { joinCodec, leaveCodec, rejoinCodec } from "../wire/membership.ts";
import { copyCodec, wantCodec } from "../wire/recovery.ts";

/** What a home asks of others, and asks again (SPEC §7.3). */

/** Join, leave and rejoin stand until an epoch shows them. Asked of a new admin too, and after each reset. */
export function askAdmin(draft: RoomDraft): void {
  const { head, crypto, own } = draft;
  const { groupId, wish, admin, rejoinSeed, gspk, ownCard, current } = head;
  if (admin === own) return;
  if (wish === "join") {
    const to = head.invitedBy ?? admin;
    draft.letter(to, "join", joinCodec.encode({ groupId, gspk, card: ownCard, idKeys: draft.tools.own.idKeys }));
  }
  if (wish === "leave" && current !== null) {
    const chains = draft.chains(current);
    const sent = chains?.own == null ? 0 : (chains.chains[chains.own]?.n ?? 0);
    draft.letter(admin, "leave", leaveCodec.encode({ groupId, epoch: current, sent }));
  }
  if (rejoinSeed !== null) draft.letter(admin, "rejoin", rejoinCodec.encode({ groupId, gspk: crypto.ed25519.publicKey(rejoinSeed) }));
}

/** The record of an epoch is wanted. */
export function askEpoch(draft: RoomDraft, epoch: EpochId): void {
  const { askedEpochs } = draft.head;
  if (askedEpochs.some((asked) => asked.epoch === epoch) || askedEpochs.length >= maxRefs) return;
  draft.set({ askedEpochs: [...askedEpochs, { epoch, asks: 0, askedAt: 0 }] });
}

/** The newest record is wanted, first of `from`. */
export function askNewest(draft: RoomDraft, from: CwebId | null): void {
  if (draft.head.newest === null) draft.set({ newest: { from, asks: 0, askedAt: 0 } });
}

/** A restored admin asks everybody before it acts. */
export function hearMembers(draft: RoomDraft): void {
  if (draft.head.hearing === null) draft.set({ hearing: { since: draft.tx.confirmedNow, heard: [], asks: 0, askedAt: 0 } });
}

export function sendWant(draft: RoomDraft, to: CwebId, epoch: EpochId | null): void {
  draft.letter(to, "want", wantCodec.encode({ groupId: draft.head.groupId, epoch, messages: [] }));
}

/** Answers with the record of an epoch. */
export function sendRecord(draft: RoomDraft, to: CwebId, epoch: EpochId): void {
  const record = draft.record(epoch)?.record;
  if (record) draft.letter(to, "copy", copyCodec.encode({ of: 2, groupId: draft.head.groupId, record }));
}

export function sendNothing(draft: RoomDraft, to: CwebId): void {
  draft.letter(to, "copy", copyCodec.encode({ of: 0, groupId: draft.head.groupId }));
}

/** An alarm is reported once while it stands. */
export function raise(draft: RoomDraft, code: RoomAlarmCode, member: CwebId, evidence: Uint8Array = new Uint8Array()): void {
  const { alarms } = draft.head;
  if (alarms.some((alarm) => alarm.code === code && alarm.member === member) || alarms.length >= maxRefs) return;
  draft.set({ alarms: [...alarms, { code, member, since: draft.tx.now }] });
  const fits = evidence.length <= 62 * 1024;
  draft.report("room-alarm", { member, detail: code, payload: fits ? evidence : new Uint8Array() });
}
