import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import type { MessageOutcome, ReceivedMessage } from "@cweb/session";
import { type GroupId, parseGroupId } from "../core/ids.ts";
import { maxRooms } from "../core/limits.ts";
import { RecordNames, roomsRecord } from "../core/records.ts";
import { type Rooms, roomsCodec } from "../core/room-head-codec.ts";
import { RoomDraft, type RoomTools } from "../room-draft.ts";
import { SharedSessionError } from "../shared-session-error.ts";
import { tryDecode } from "../wire/decode.ts";
import { roomKinds } from "../wire/kinds.ts";
import { inviteCodec } from "../wire/membership.ts";
import { newInvitation } from "./found.ts";
import { groupOf, headsGroup, hear, hearHeads } from "./hear.ts";
import { noticeOutcome, noticeRenewed, noticeRestore } from "./restore.ts";

/** Steps on rooms as a whole: each loads what it needs, and saves what it has changed, in the caller's transaction. */

export function loadRooms(tx: Transaction): Rooms {
  const bytes = tx.get(roomsRecord);
  return bytes ? roomsCodec.decode(bytes) : { rooms: [], probe: 0 };
}

export function saveRooms(tx: Transaction, rooms: Rooms): void {
  tx.put(roomsRecord, roomsCodec.encode(rooms));
}

/** Adds a room to the list. Throws `SharedSessionError` `too-large` where there are too many. */
export function addRoom(tx: Transaction, groupId: GroupId): void {
  const { rooms, probe } = loadRooms(tx);
  if (rooms.includes(groupId)) return;
  if (rooms.length >= maxRooms) throw new SharedSessionError("too-large", `this home is in ${maxRooms} rooms already; forget one first`);
  saveRooms(tx, { rooms: [...rooms, groupId], probe });
}

/** Takes a room off the list; what was kept of it is gone already. */
export function dropRoom(tx: Transaction, groupId: GroupId): void {
  const { rooms, probe } = loadRooms(tx);
  saveRooms(tx, { rooms: rooms.filter((id) => id !== groupId), probe });
  tx.remove(new RecordNames(groupId).head);
}

/** Runs `step` on a room. Throws `SharedSessionError` `unknown-room`. */
export function onRoom<T>(tx: Transaction, tools: RoomTools, groupId: GroupId, step: (draft: RoomDraft) => T): T {
  const draft = loadRooms(tx).rooms.includes(groupId) ? RoomDraft.load(tx, tools, groupId) : undefined;
  if (!draft) throw new SharedSessionError("unknown-room", "there is no such room here");
  noticeRestore(draft);
  const result = step(draft);
  draft.save();
  return result;
}

function ifKnown(tx: Transaction, tools: RoomTools, group: string | undefined, step: (draft: RoomDraft) => void): boolean {
  const groupId = group === undefined ? undefined : parseGroupId(group);
  if (groupId === undefined || !loadRooms(tx).rooms.includes(groupId)) return false;
  onRoom(tx, tools, groupId, step);
  return true;
}

/** A message of one of this package's kinds, out of a session with `from`. Nothing that a peer can send makes it throw. */
export function receiveLetter(tx: Transaction, tools: RoomTools, from: CwebId, message: ReceivedMessage): void {
  if (ifKnown(tx, tools, groupOf(message), (draft) => hear(draft, from, message)) || message.number !== roomKinds.invite.number) return;
  const invite = tryDecode(inviteCodec, message.payload);
  if (!invite || loadRooms(tx).rooms.length >= maxRooms) return;
  const draft = newInvitation(tx, tools, from, invite);
  if (!draft) return;
  addRoom(tx, invite.groupId);
  draft.save();
}

export function receiveHeads(tx: Transaction, tools: RoomTools, from: CwebId, payload: Uint8Array): void {
  ifKnown(tx, tools, headsGroup(payload), (draft) => hearHeads(draft, from, payload));
}

/** What became of a letter of any room. */
export function settleLetter(tx: Transaction, tools: RoomTools, to: CwebId, messageId: Uint8Array, outcome: MessageOutcome): void {
  for (const groupId of loadRooms(tx).rooms) {
    onRoom(tx, tools, groupId, (draft) => noticeOutcome(draft, to, messageId, outcome === "delivered"));
  }
}

export function renewSession(tx: Transaction, tools: RoomTools, contact: CwebId): void {
  for (const groupId of loadRooms(tx).rooms) onRoom(tx, tools, groupId, (draft) => noticeRenewed(draft, contact));
}
