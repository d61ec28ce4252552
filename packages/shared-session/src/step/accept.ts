import { type Epoch, memberOf } from "../core/epoch.ts";
import { noMessage } from "../core/ids.ts";
import { day, maxWaiting, shownPerStep } from "../core/limits.ts";
import { storedCodec } from "../core/records.ts";
import type { Node, Place, WaitingMessage } from "../core/room-head.ts";
import { type OpenedMessage, readMessage } from "../core/room-object.ts";
import type { RoomDraft } from "../room-draft.ts";
import { tryDecode } from "../wire/decode.ts";
import { roomKinds } from "../wire/kinds.ts";
import { type Parent, type RoomMessage, signedMessageCodec } from "../wire/message.ts";
import { isBeyondClosing } from "./close.ts";
import { equivocation, isQuarantined } from "./equivocation.ts";
import { addMissing, dropMissing, missingAt } from "./missing.ts";
import { byDisplay, kept, nodeOf, placeOf, references, show, voidMessages } from "./show.ts";

/** How a message enters the graph (SPEC §5). */

/** `busy`: too much waits already; to be asked for again. */
export type Acceptance = "accepted" | "known" | "refused" | "busy";

/** Takes in a message, from a chain or as a copy: what counts is its signature. Changes nothing where it is refused. */
export function acceptMessage(draft: RoomDraft, opened: OpenedMessage): Acceptance {
  const { message, signed, messageId } = opened;
  const epoch = message.groupId === draft.head.groupId ? draft.epoch(message.epoch) : undefined;
  const index = epoch?.members.findIndex(({ id }) => id === message.sender) ?? -1;
  const sender = epoch?.members[index];
  if (!epoch || !sender || !memberOf(epoch, draft.own)) return "refused";
  const place: Place = { epoch: epoch.epoch, index, n: message.n };
  const entry = draft.entry(place);
  if (entry?.messageId === messageId) return "known";
  if (!isSound(epoch, message) || !draft.crypto.ed25519.verify(sender.gspk, "ss/sig", signed.body, signed.signature)) return "refused";
  if (entry) {
    equivocation(draft, sender, entry, signed);
    return "refused";
  }
  if (isQuarantined(draft, sender.gspk) || isVoid(draft, epoch, place, opened)) {
    dropMissing(draft, place);
    return "refused";
  }
  if (draft.head.waiting.length >= maxWaiting) return "busy";
  keep(draft, { ...place, messageId, lamport: message.lamport }, opened);
  return "accepted";
}

/** What anybody can see of a message by itself. */
function isSound(epoch: Epoch, { n, previousOwn, parents, lamport }: RoomMessage): boolean {
  const isFirst = n === 0;
  if (isFirst !== (previousOwn === noMessage) || parents.some(({ e }) => e > epoch.e)) return false;
  if (new Set(parents.map(({ messageId }) => messageId)).size !== parents.length) return false;
  return lamport > 0 || (parents.length === 0 && isFirst);
}

/** Of a member that is gone: beyond the closing, or not what the closing names. */
function isVoid(draft: RoomDraft, epoch: Epoch, place: Place, { messageId }: OpenedMessage): boolean {
  if (isBeyondClosing(draft, epoch, place)) return true;
  const missing = missingAt(draft, place);
  const successor = draft.record(epoch.epoch)?.successor;
  const next = successor ? draft.epoch(successor) : undefined;
  const close = next?.closeHeads.find(({ index, n }) => index === place.index && n === place.n);
  return (
    close !== undefined &&
    missing !== undefined &&
    close.messageId !== messageId &&
    isBeyondClosing(draft, epoch, { ...place, n: place.n + 1 })
  );
}

function keep(draft: RoomDraft, node: Node, { message, signed }: OpenedMessage): void {
  const { epoch, index, n, messageId, lamport } = node;
  draft.setEntry(node, { n, messageId, lamport, state: 0 });
  const stored = { epoch, index, receivedAt: draft.tx.now, isShown: false, ...signed };
  draft.tx.put(draft.names.message(lamport, messageId), storedCodec.encode(stored));
  const missing = missingAt(draft, node);
  if (missing?.isWithheld) draft.report("room-recovered", { member: message.sender, hash: messageId, n, e: draft.epoch(epoch)?.e ?? 0 });
  dropMissing(draft, node);
  noteRead(draft, node, message);
  for (const parent of references(draft, message)) want(draft, parent);
  draft.set({ waiting: [...draft.head.waiting, { ...node, since: draft.tx.now, references: references(draft, message) }].sort(byDisplay) });
  resolveWaiting(draft);
}

/** Whoever has written a message has read what it refers to. */
function noteRead(draft: RoomDraft, { epoch, index, n }: Node, { sender }: RoomMessage): void {
  const { read, heardLast } = draft.head;
  const others = read.filter(({ member }) => member !== sender);
  const before = read.find(({ member }) => member === sender)?.nodes ?? [];
  const isOlder = before.some((node) => node.epoch === epoch && node.index === index && node.n > n);
  if (!isOlder) draft.set({ read: [...others, { member: sender, nodes: [{ epoch, index, n }] }] });
  draft.set({ heardLast: [sender, ...heardLast.filter((id) => id !== sender)].slice(0, 8) });
}

/** Whether a parent is from before this home's stay, or of an epoch in which it was not. */
function isBeforeJoining(draft: RoomDraft, parent: Parent): boolean {
  const { current } = draft;
  const stay = current && memberOf(current, draft.own)?.joinedEpoch;
  if (stay !== undefined && parent.e < stay) return true;
  const epoch = draft.epochAt(parent.e);
  const found = epoch && draft.epoch(epoch);
  return found !== undefined && memberOf(found, draft.own) === undefined;
}

function want(draft: RoomDraft, parent: Parent): void {
  const place = placeOf(draft, parent);
  if (!place || isBeforeJoining(draft, parent)) return;
  const epoch = draft.epoch(place.epoch) as Epoch;
  if (parent.index >= epoch.members.length || draft.entry(place) || isBeyondClosing(draft, epoch, place)) return;
  if (!isQuarantined(draft, (epoch.members[parent.index] as { gspk: Uint8Array }).gspk))
    addMissing(draft, { ...place, messageId: parent.messageId });
}

/** `held` with its lamport; `given`: nothing to wait for, and nobody here knows its lamport; `open`: to be waited for. */
type Resolution = { readonly kind: "held"; readonly lamport: number } | { readonly kind: "given" | "open" };

function resolve(draft: RoomDraft, parent: Parent, since: number): Resolution {
  if (isBeforeJoining(draft, parent)) return { kind: "given" };
  const place = placeOf(draft, parent);
  if (!place) return { kind: draft.tx.now - since >= day ? "given" : "open" };
  const entry = draft.entry(place);
  if (entry && entry.messageId !== parent.messageId) return { kind: "given" };
  if (entry) return entry.state === 0 ? { kind: "open" } : { kind: "held", lamport: entry.lamport };
  const epoch = draft.epoch(place.epoch) as Epoch;
  const sender = epoch.members[parent.index];
  if (!sender || isBeyondClosing(draft, epoch, place) || isQuarantined(draft, sender.gspk)) return { kind: "given" };
  const missing = missingAt(draft, place);
  // Not noted for want of room: it is once there is room.
  if (!missing) addMissing(draft, { ...place, messageId: parent.messageId });
  return { kind: missing?.isWithheld ? "given" : "open" };
}

/**
 * Shows what waits for nothing more, the first in the order first, as often as that makes something else ready; a few in one step, since each is
 * another record to load. Answers whether there is more.
 */
export function resolveWaiting(draft: RoomDraft): boolean {
  for (let shown = 0; shown < shownPerStep; shown++) {
    const ready = findReady(draft);
    if (!ready) return false;
    settle(draft, ready.waiting, ready.resolutions);
  }
  return findReady(draft) !== undefined;
}

interface Ready {
  readonly waiting: WaitingMessage;
  readonly resolutions: readonly Resolution[];
}

function findReady(draft: RoomDraft): Ready | undefined {
  for (const waiting of draft.head.waiting) {
    const resolutions = waiting.references.map((parent) => resolve(draft, parent, waiting.since));
    if (resolutions.every(({ kind }) => kind !== "open")) return { waiting, resolutions };
  }
  return undefined;
}

/** A liar cannot jump in the order: a message stands right behind its parents. */
function settle(draft: RoomDraft, waiting: WaitingMessage, resolutions: readonly Resolution[]): void {
  const node = nodeOf(waiting);
  draft.set({ waiting: draft.head.waiting.filter(({ messageId }) => messageId !== node.messageId) });
  const found = kept(draft, node);
  if (!found) return;
  const { message } = found;
  const least = 1 + Math.max(-1, ...resolutions.map((one) => (one.kind === "held" ? one.lamport : -1)));
  const isGiven = resolutions.some(({ kind }) => kind === "given");
  if (message.lamport < least || (!isGiven && message.lamport !== least)) {
    voidMessages(draft, [node], "lamport");
    draft.report("room-refused", { member: message.sender, hash: node.messageId, n: node.n, detail: "lamport" });
    return;
  }
  show(draft, node, found);
  if (message.kind === roomKinds.copy.number) acceptReposted(draft, message);
}

/** An author's own older message, written again for all: only its author may do that. */
function acceptReposted(draft: RoomDraft, { sender, payload }: RoomMessage): void {
  const signed = tryDecode(signedMessageCodec, payload);
  const opened = signed && readMessage(draft.crypto, signed);
  if (opened && opened.message.sender === sender && opened.message.kind !== roomKinds.copy.number) acceptMessage(draft, opened);
}
