import { toPath } from "@cweb/storage-remote";
import { acknowledgement, recordSent } from "../core/delivery.ts";
import { encrypt } from "../core/encrypt.ts";
import { ackAfter, ackAfterMessages, endAfter, maxRiderBytes, maxRiders } from "../core/limits.ts";
import { type QueuedMessage, queuedCodec, type SentMessage, sentCodec } from "../core/state-codec.ts";
import { type Draft, hex, orderIn, type Waiting } from "../draft.ts";
import { kinds } from "../kinds.ts";
import { type Body, bodyCodec, type Rider } from "../wire/body.ts";

/** Encrypting and queueing: what leaves (SPEC "Sending"). */

/** At most so many messages are encrypted in one transaction. */
export const pumpLimit = 16;

export interface Outgoing {
  readonly kind: number;
  readonly messageId: Uint8Array;
  readonly payload: Uint8Array;
}

/** Puts a payload at the end of the queue. */
export function enqueue(draft: Draft, { kind, messageId, payload }: Outgoing): void {
  const { tx, names, state } = draft;
  const queued = { kind, messageId, payload, firstCommittedAt: tx.now, wasSent: false };
  draft.enqueued.push({ ...queued, order: state.queueNext });
  tx.put(names.queued(state.queueNext), queuedCodec.encode(queued));
  draft.state = { ...state, queueNext: state.queueNext + 1 };
}

/** What the live session has not encrypted yet, oldest first. */
export function waiting(draft: Draft, limit: number): readonly Waiting[] {
  const { tx, names, state } = draft;
  if (state.queueCursor + 1 >= state.queueNext) return [];
  const found = tx.scan(names.queuePrefix, { after: names.queued(state.queueCursor), limit });
  const stored = found.map(({ name, bytes }) => ({ ...queuedCodec.decode(bytes), order: orderIn(name) }));
  // A scan does not see what this step has put itself.
  return [...stored, ...draft.enqueued.filter(({ order }) => order > state.queueCursor)].slice(0, limit);
}

/** Encrypts the next of the queue, if there is a session. Answers whether more may wait. */
export function pump(draft: Draft): boolean {
  if (!draft.live) return false;
  const batch = waiting(draft, pumpLimit);
  for (const message of batch) {
    draft.state = { ...draft.state, queueCursor: message.order };
    if (!expire(draft, message)) publish(draft, message);
  }
  return batch.length === pumpLimit;
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
  message: Pick<QueuedMessage, "kind" | "messageId">,
  verdict: "undelivered" | "unconfirmed",
  reason: string,
): void {
  draft.tx.remove(draft.names.queued(order));
  draft.report(verdict, { messageId: message.messageId, number: message.kind, detail: reason });
}

/** What is left of the queue's copy once its message is encrypted: nothing of an ephemeral kind. */
function keepQueued(draft: Draft, message: Waiting): number {
  const name = draft.names.queued(message.order);
  if (draft.tools.kinds.get(message.kind)?.isEphemeral) {
    draft.tx.remove(name);
    return 0;
  }
  if (!message.wasSent) draft.tx.put(name, queuedCodec.encode({ ...message, wasSent: true }));
  return message.order;
}

function publish(draft: Draft, message: Waiting): void {
  const order = keepQueued(draft, message);
  send(draft, message, { order, firstCommittedAt: message.firstCommittedAt, isResent: message.wasSent, path: "" });
}

/** Encrypts one body in the live session, queues its object and remembers it until it is finished. */
function send(draft: Draft, message: Outgoing, kept: Pick<SentMessage, "order" | "firstCommittedAt" | "isResent" | "path">): void {
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
  const next = recordSent(live.delivery, said);
  const { kind, messageId, payload } = message;
  return { ...next, said, body: { seq: next.seq, ...said, initFloor: state.lastInit?.seq ?? 0, sentAt, kind, messageId, riders, payload } };
}

export function remember(draft: Draft, seq: number, sent: Omit<SentMessage, "committedAt" | "activeDay">): void {
  const { tx, names, state } = draft;
  tx.put(names.sent(seq), sentCodec.encode({ ...sent, committedAt: tx.now, activeDay: state.activeDays }));
  if (sent.kind !== kinds.ack.number) draft.state = { ...draft.state, unacked: draft.state.unacked + 1 };
}

/** The oldest riders that fit one message. */
function takeRiders(draft: Draft): readonly Rider[] {
  const taken: Rider[] = [];
  let bytes = 0;
  for (const rider of draft.state.riders) {
    if (taken.length === maxRiders || bytes + rider.bytes.length > maxRiderBytes) break;
    taken.push(rider);
    bytes += rider.bytes.length;
  }
  if (taken.length > 0) draft.state = { ...draft.state, riders: draft.state.riders.slice(taken.length) };
  return taken;
}

/** A pure acknowledgement where one is owed and nothing else is about to carry it. */
export function acknowledgeIfOwed(draft: Draft): void {
  const { tx, live } = draft;
  if (!live) return;
  const { owedSince, owedCount } = live.delivery;
  if (owedSince === null || (owedCount < ackAfterMessages && tx.now - owedSince < ackAfter)) return;
  const message = { kind: kinds.ack.number, messageId: tx.random.bytes(16), payload: new Uint8Array() };
  send(draft, message, { order: 0, firstCommittedAt: tx.now, isResent: false, path: "" });
}
