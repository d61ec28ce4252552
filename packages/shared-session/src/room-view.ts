import type { CwebId } from "@cweb/discovery";
import type { Epoch } from "./core/epoch.ts";
import type { GroupId, MessageHash } from "./core/ids.ts";
import type { RoomAlarmCode } from "./core/room-head.ts";
import type { RoomDraft } from "./room-draft.ts";
import { canSend } from "./step/post.ts";
import { coverage, history, readersOf } from "./step/receipts.ts";
import type { Policy } from "./wire/epoch.ts";
import { roomKinds } from "./wire/kinds.ts";

/** A room as an application shows it. Times in ms. */
export interface RoomStatus {
  readonly id: GroupId;
  readonly name: string;
  /** `restoring`: this home was restored and waits for an epoch that lists its new key. */
  readonly state: "invited" | "joining" | "member" | "leaving" | "restoring" | "removed";
  /** e of the current epoch; 0: none is known yet. */
  readonly epoch: number;
  readonly admin: CwebId;
  readonly isAdmin: boolean;
  readonly policy: Policy | undefined;
  readonly members: readonly {
    readonly id: CwebId;
    /** The contact card with which it joined: where it is read. */
    readonly card: string;
    /** Shown by a tag of its own, not only by the admin's word, to be who it is. */
    readonly isVouched: boolean;
  }[];
  readonly canSend: boolean;
  /** When the membership was last confirmed by the admin's store. */
  readonly confirmedAt: number;
  readonly missing: readonly {
    readonly from: CwebId;
    readonly n: number;
    readonly since: number;
    readonly state: "missing" | "withheld";
  }[];
  readonly alarms: readonly { readonly code: RoomAlarmCode; readonly member: CwebId; readonly since: number }[];
  /** Messages that are held and not shown yet, since what they refer to is missing. */
  readonly waiting: number;
}

export function statusOf(draft: RoomDraft): RoomStatus {
  const { head, current } = draft;
  const descriptor = head.descriptors.find(({ owner, e }) => owner === head.admin && e === current?.e);
  return {
    id: head.groupId,
    name: head.about.name,
    state: stateOf(draft, current),
    epoch: current?.e ?? 0,
    admin: head.admin,
    isAdmin: draft.isAdmin,
    policy: current?.policy,
    members: (current?.members ?? []).map(({ id, card, gspk }) => ({ id, card, isVouched: isVouched(draft, id, gspk) })),
    canSend: canSend(draft),
    confirmedAt: draft.isAdmin ? draft.tx.now : (descriptor?.answeredAt ?? 0),
    missing: head.missing.map((one) => ({
      from: draft.epoch(one.epoch)?.members[one.index]?.id as CwebId,
      n: one.n,
      since: one.since,
      state: one.isWithheld ? ("withheld" as const) : ("missing" as const),
    })),
    alarms: head.alarms,
    waiting: head.waiting.length,
  };
}

function isVouched(draft: RoomDraft, id: CwebId, gspk: Uint8Array): boolean {
  if (id === draft.own) return true;
  return draft.head.vouched.some((one) => one.member === id && one.gspk.join() === gspk.join());
}

function stateOf(draft: RoomDraft, current: Epoch | undefined): RoomStatus["state"] {
  const { wish, rejoinSeed, isEnded, invitedBy } = draft.head;
  if (draft.isMember) return wish === "leave" ? "leaving" : rejoinSeed !== null ? "restoring" : "member";
  if (wish === "join") return "joining";
  return invitedBy !== null || (current === undefined && !isEnded) ? "invited" : "removed";
}

export interface HistoryMessage {
  readonly hash: MessageHash;
  /** The sending application's id: 16 bytes. */
  readonly messageId: Uint8Array;
  readonly from: CwebId;
  readonly kind: number;
  readonly payload: Uint8Array;
  /** Milliseconds since 1970, as the sender says; never above the time now. */
  readonly sentAt: number;
  /** Its place in the room's order as known now, from 0. */
  readonly position: number;
  /** Members that are known to have it; without receipts none but the sender. */
  readonly receivedBy: readonly CwebId[];
}

const silent: ReadonlySet<number> = new Set([roomKinds.hint.number, roomKinds.copy.number, roomKinds.vouch.number]);

/** The newest messages that are shown, in the order that all members have. */
export function historyOf(draft: RoomDraft, limit: number): readonly HistoryMessage[] {
  const entries = history(draft);
  const hasReceipts = draft.current?.policy.receipts ?? false;
  const covered = hasReceipts ? coverage(draft, entries) : new Map();
  const shown = entries.filter(({ isShown, message }) => isShown && !silent.has(message.kind));
  const first = Math.max(0, shown.length - limit);
  return shown.slice(first).map(({ message, messageId, index }, i) => ({
    hash: messageId,
    messageId: message.uuid,
    from: message.sender,
    kind: message.kind,
    payload: message.payload,
    sentAt: Math.min(message.time, draft.tx.now),
    position: first + i,
    receivedBy: hasReceipts ? readersOf(draft, covered, { epoch: message.epoch, index, n: message.n }, message.sender) : [],
  }));
}

/** Where each message that is shown stands. */
export function positionsOf(draft: RoomDraft): ReadonlyMap<MessageHash, number> {
  const shown = history(draft).filter(({ isShown, message }) => isShown && !silent.has(message.kind));
  return new Map(shown.map(({ messageId }, position) => [messageId, position]));
}
