import { toPath } from "@cweb/storage-remote";
import { acknowledgement, recordSent } from "../core/delivery.ts";
import { encrypt } from "../core/encrypt.ts";
import { ackAfter, ackAfterMessages, endAfter } from "../core/limits.ts";
import { type QueuedMessage, queuedCodec, type SentMessage, sentCodec } from "../core/state-codec.ts";
import { type Draft, hex, orderIn, type Waiting } from "../draft.ts";
import { kinds } from "../kinds.ts";
import { type Body, bodyCodec, type Rider } from "../wire/body.ts";
import { retireOwnId } from "./own-ids.ts";
import { takeRiders } from "./riders.ts";

/** Encrypting and queueing: what leaves (SPEC "Sending"). */

/** At most so many messages are encrypted in one transaction. */
export const pumpLimit = 16;

export interface Outgoing {
  readonly kind: number;
  readonly messageId: Uint8Array;
  readonly payload: Uint8Array;
  /** Whether the application gave the id. */
  readonly isNamed?: boolean;
}

/** Puts a payload at the end of the queue. */
export function enqueue(draft: Draft, { kind, messageId, payload, isNamed = false }: Outgoing): void {
  const { tx, names, state } = draft;
  const queued = { kind, messageId, payload, firstCommittedAt: tx.now, wasSent: false, isNamed };
  draft.put(names.queued(state.queueNext), queuedCodec.encode(queued));
  draft.state = { ...state, queueNext: state.queueNext + 1, queued: state.queued + 1 };
}

/** What the live session has not encrypted yet, oldest first. */
export function waiting(draft: Draft, limit: number): readonly Waiting[] {
  const { names, state } = draft;
  if (state.queued === 0) return [];
  const found = draft.scan(names.queuePrefix, { after: names.queued(state.queueCursor), limit });
  return found.map(({ name, bytes }) => ({ ...queuedCodec.decode(bytes), order: orderIn(name) }));
}

/** Encrypts the next of the queue, if there is a session. Answers whether more may wait. */
export function pump(draft: Draft): boolean {
  if (!draft.live) return false;
  const batch = waiting(draft, pumpLimit);
  for (const message of batch) {
    take(draft, message);
    if (!expire(draft, message)) publish(draft, message);
  }
  return draft.state.queued > 0;
}

/** The queue's next is about to be encrypted, or given up. */
export function take(draft: Draft, { order }: Waiting): void {
  draft.state = { ...draft.state, queueCursor: order, queued: draft.state.queued - 1 };
}

/** A payload sent in an earlier session and older than the peer is bound to remember its id would perhaps show twice: it is given up. */
function expire(draft: Draft, message: Waiting): boolean {
  const { tx } = draft;
  if (!message.wasSent || tx.confirmedNow - message.firstCommittedAt < endAfter) return false;
  giveUpQueued(draft, message.order, message, "unconfirmed", "expired");
  return true;
}

/** Forgets a queued payload and tells so, once. */
export function giveUpQueued(
  draft: Draft,
  order: number,
  message: Pick<QueuedMessage, "kind" | "messageId" | "isNamed">,
  verdict: "undelivered" | "unconfirmed",
  reason: string,
): void {
  draft.remove(draft.names.queued(order));
  if (message.isNamed) retireOwnId(draft, message.messageId);
  draft.report(verdict, { messageId: message.messageId, number: message.kind, detail: reason });
}

/** For a contact that is removed. */
export function forgetQueue(draft: Draft): void {
  const { names, state } = draft;
  for (const { name, bytes } of draft.scan(names.queuePrefix, { limit: 20_000 })) {
    const { isNamed, messageId } = queuedCodec.decode(bytes);
    draft.remove(name);
    if (isNamed) retireOwnId(draft, messageId);
  }
  draft.state = { ...state, queueCursor: state.queueNext - 1, queued: 0 };
}

/** What is left of the queue's copy once its message is encrypted, and where: nothing (0) of an ephemeral kind. */
export function keepQueued(draft: Draft, message: Waiting): number {
  const name = draft.names.queued(message.order);
  if (draft.tools.kinds.get(message.kind)?.isEphemeral) {
    draft.remove(name);
    return 0;
  }
  if (!message.wasSent) draft.put(name, queuedCodec.encode({ ...message, wasSent: true }));
  return message.order;
}

function publish(draft: Draft, message: Waiting): void {
  const order = keepQueued(draft, message);
  send(draft, message, { order, firstCommittedAt: message.firstCommittedAt, isResent: message.wasSent, isNamed: message.isNamed });
}

/** Encrypts one body in the live session, queues its object and remembers it until it is finished. */
function send(draft: Draft, message: Outgoing, kept: Pick<SentMessage, "order" | "firstCommittedAt" | "isResent" | "isNamed">): void {
  const { tx, contact, tools } = draft;
  const { live } = draft;
  if (!live) throw new RangeError("there is no live session");
  const riders = takeRiders(draft);
  const { body, seq, said, delivery } = bodyOf(draft, message, kept.firstCommittedAt, riders);
  const sealed = encrypt(live.ratchet, bodyCodec.encode(body), { crypto: tools.crypto, random: tx.random });
  tx.consume(...sealed.consumed);
  const path = toPath(sealed.name as string);
  tx.publish(path, sealed.object, {
    tag: `${contact.id}/${hex(message.messageId)}`,
    chain: hex(live.ratchet.sessionId),
    beaconFirst: !live.hasPublished,
  });
  draft.live = { ...live, ratchet: sealed.state, delivery, hasPublished: true };
  remember(draft, seq, { ...kept, path, kind: message.kind, messageId: message.messageId, said });
}

/** The next body of the live session, which says what was received so far. */
export function bodyOf(
  draft: Draft,
  message: Outgoing,
  sentAt: number,
  riders: readonly Rider[],
): { body: Body; said: ReturnType<typeof acknowledgement> } & ReturnType<typeof recordSent> {
  const { live, state } = draft;
  if (!live) throw new RangeError("there is no live session");
  const said = acknowledgement(live.delivery);
  const next = recordSent(live.delivery);
  const { kind, messageId, payload } = message;
  return { ...next, said, body: { seq: next.seq, ...said, initFloor: state.lastInit?.seq ?? 0, sentAt, kind, messageId, riders, payload } };
}

export function remember(draft: Draft, seq: number, sent: Omit<SentMessage, "committedAt" | "activeDay">): void {
  const { tx, names, state } = draft;
  draft.put(names.sent(seq), sentCodec.encode({ ...sent, committedAt: tx.now, activeDay: state.activeDays }));
  if (sent.kind !== kinds.ack.number) draft.state = { ...draft.state, unacked: draft.state.unacked + 1 };
}

/** A pure acknowledgement where one is owed and nothing else is about to carry it. */
export function acknowledgeIfOwed(draft: Draft): void {
  const { tx, live } = draft;
  if (!live) return;
  const { owedSince, owedCount } = live.delivery;
  // A clock that was put back does not put the acknowledgement off.
  if (owedSince === null || (owedCount < ackAfterMessages && Math.abs(tx.now - owedSince) < ackAfter)) return;
  const message = { kind: kinds.ack.number, messageId: tx.random.bytes(16), payload: new Uint8Array() };
  send(draft, message, { order: 0, firstCommittedAt: tx.now, isResent: false, isNamed: false });
}
