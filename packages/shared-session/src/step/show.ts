import { indexOf, memberOf } from "../core/epoch.ts";
import { noMessage } from "../core/ids.ts";
import { maxRefs } from "../core/limits.ts";
import { type IndexEntry, type StoredMessage, storedCodec } from "../core/records.ts";
import type { Node, Place } from "../core/room-head.ts";
import type { RoomDraft } from "../room-draft.ts";
import { isRoomKind, roomKinds } from "../wire/kinds.ts";
import { messageCodec, type Parent, type RoomMessage } from "../wire/message.ts";
import { isSamePlace } from "./missing.ts";
import { takeVouch } from "./vouch.ts";

/** How messages are shown, and taken back (SPEC §5.4). */

export interface Kept {
  readonly stored: StoredMessage;
  readonly message: RoomMessage;
}

/** A message that is held. */
export function kept(draft: RoomDraft, entry: Pick<IndexEntry, "lamport" | "messageId">): Kept | undefined {
  const bytes = draft.tx.get(draft.names.message(entry.lamport, entry.messageId));
  if (!bytes) return undefined;
  const stored = storedCodec.decode(bytes);
  return { stored, message: messageCodec.decode(stored.body) };
}

/** Its parents are there, or known to be nothing to wait for. */
export function show(draft: RoomDraft, node: Node, { stored, message }: Kept): void {
  const { epoch, index, n, messageId, lamport } = node;
  draft.setEntry(node, { n, messageId, lamport, state: 1 });
  draft.tx.put(draft.names.message(lamport, messageId), storedCodec.encode({ ...stored, isShown: true }));
  const isParent = (head: Node): boolean =>
    message.parents.some((parent) => parent.messageId === head.messageId) || message.previousOwn === head.messageId;
  draft.set({ heads: [...draft.head.heads.filter((head) => !isParent(head)), { epoch, index, n, messageId, lamport }] });
  deliver(draft, node, message);
}

function deliver(draft: RoomDraft, { epoch, messageId, lamport }: Node, message: RoomMessage): void {
  const { kind, sender, payload, uuid, n } = message;
  if (kind === roomKinds.hint.number || kind === roomKinds.copy.number) return;
  const found = draft.epoch(epoch);
  if (kind === roomKinds.vouch.number) {
    if (found) takeVouch(draft, found, sender, payload);
    return;
  }
  if (sender === draft.own && found && memberOf(found, draft.own)) return;
  const isKnown = isRoomKind(kind, draft.tools.kinds);
  // A time of the future says nothing about the message but that its sender's clock is wrong.
  const sentAt = Math.min(message.time, draft.tx.now);
  const event = { member: sender, hash: messageId, lamport, e: found?.e ?? 0, n, messageId: uuid, number: kind, sentAt };
  draft.report("room-message", { ...event, detail: isKnown ? "" : "unsupported", payload: isKnown ? payload : new Uint8Array() });
}

/** Takes messages back: they count as if they were there, and are not shown. */
export function voidMessages(draft: RoomDraft, places: readonly Place[], reason: string): void {
  for (const place of places) {
    const entry = draft.entry(place);
    if (entry && entry.state !== 2) takeBack(draft, place, entry, reason);
  }
}

function takeBack(draft: RoomDraft, place: Place, entry: IndexEntry, reason: string): void {
  const { messageId, lamport, n } = entry;
  draft.setEntry(place, { ...entry, state: 2 });
  draft.set({ waiting: draft.head.waiting.filter((one) => !isSamePlace(one, place)) });
  const found = kept(draft, entry);
  if (!found || entry.state !== 1) return;
  draft.tx.put(draft.names.message(lamport, messageId), storedCodec.encode({ ...found.stored, isShown: false }));
  replaceHead(draft, place, found.message);
  const { sender, uuid, kind } = found.message;
  const event = { member: sender, hash: messageId, lamport, e: draft.epoch(place.epoch)?.e ?? 0, n, messageId: uuid, number: kind };
  draft.report("room-withdrawn", { ...event, detail: reason });
}

/** What a head that is taken back referred to are heads again: that some of them may have other followers does no harm. */
function replaceHead(draft: RoomDraft, place: Place, message: RoomMessage): void {
  const { heads } = draft.head;
  if (!heads.some((head) => isSamePlace(head, place))) return;
  const rest = heads.filter((head) => !isSamePlace(head, place));
  const parents = references(draft, message).flatMap((parent): Node[] => {
    const at = placeOf(draft, parent);
    const entry = at && draft.entry(at);
    const isHead = rest.some(({ messageId }) => messageId === parent.messageId);
    return at && !isHead && entry?.state === 1 && entry.messageId === parent.messageId ? [{ ...at, ...entry }] : [];
  });
  draft.set({ heads: [...rest, ...parents.map(nodeOf)].slice(-maxRefs) });
}

/** Parents, and the sender's own message before this one. */
export function references(draft: RoomDraft, { parents, previousOwn, n, epoch, sender }: RoomMessage): readonly Parent[] {
  const own = draft.epoch(epoch);
  if (previousOwn === noMessage || !own || parents.some(({ messageId }) => messageId === previousOwn)) return parents;
  return [...parents, { e: own.e, index: indexOf(own, sender), n: n - 1, messageId: previousOwn }];
}

/** `undefined`: of an epoch that is not known. */
export function placeOf(draft: RoomDraft, { e, index, n }: Parent): Place | undefined {
  const epoch = draft.epochAt(e);
  return epoch && { epoch, index, n };
}

/** The order of display: the same for all who have the same messages. */
export const byDisplay = (a: Node, b: Node): number => a.lamport - b.lamport || (a.messageId < b.messageId ? -1 : 1);

export const nodeOf = ({ epoch, index, n, messageId, lamport }: Node): Node => ({ epoch, index, n, messageId, lamport });
