import type { Opened } from "@cweb/broadcast";
import { encodeDescSeen, type FetchOutcome, freshness, type PeerDescriptor } from "@cweb/discovery";
import { toPath } from "@cweb/storage-remote";
import { acceptRatchet, type Decrypted } from "../core/decrypt.ts";
import { newDelivery, recordReceived } from "../core/delivery.ts";
import { encrypt, initiateRatchet } from "../core/encrypt.ts";
import { judgeDescriptor, judgeInit, learnPeer } from "../core/init-rules.ts";
import { endAfter, idsAfterResetDays } from "../core/limits.ts";
import { ratchetSecrets } from "../core/ratchet-secrets.ts";
import { entriesOf } from "../core/received-ids.ts";
import { beginSchedule } from "../core/schedule.ts";
import type { SessionState } from "../core/state.ts";
import { type SentMessage, sentCodec } from "../core/state-codec.ts";
import type { Draft } from "../draft.ts";
import { kinds, riderKinds } from "../kinds.ts";
import { type Body, bodyCodec } from "../wire/body.ts";
import { retireOwnId } from "./own-ids.ts";
import { decodeBody, deliver, isKnownId } from "./receive.ts";
import { addRider } from "./riders.ts";
import { bodyOf, enqueue, giveUpQueued, keepQueued, type Outgoing, pump, remember, take, waiting } from "./send.ts";

/** How sessions begin and end (SPEC "Collisions and resets"). */

export type InitOpening = Extract<Opened, { kind: "init" }>;

/** Bytes of body in the slot's message 0. */
export const initialBodyRoom = 386;

/** Whether there is no session and a reason for one. */
export function wantsSession({ state }: Draft): boolean {
  return !state.live && !state.isRemoved && (state.wantsInit || state.queued > 0);
}

/** Whether one may be begun with the descriptor at hand. */
export function mayInitiate(draft: Draft, peer: PeerDescriptor | undefined): peer is PeerDescriptor {
  const { state, tx } = draft;
  if (!peer || !wantsSession(draft) || freshness(peer, tx.now) === "expired") return false;
  // A descriptor of an earlier incarnation than is known would only make a message that nobody can read.
  if (peer.incarnation < state.peerIncarnation) return false;
  return !state.isExpired || peer.seq > (state.lastInit?.descriptorSeq ?? 0);
}

/** Whether there was a session with this contact before the one that begins: what it was told then may be lost. */
const hasHistory = ({ lastInit, floor }: SessionState): boolean => lastInit !== null || floor > 0;

function renew({ tx, tools, contact }: Draft): void {
  for (const layer of tools.kinds.layers) layer.renewed?.(tx, contact.id);
}

/** Begins a session: PQXDH, message 0 into the slot, and the rest of the queue right behind it. */
export function initiate(draft: Draft, peer: PeerDescriptor): void {
  const { tx, tools, contact } = draft;
  const { crypto, discovery, broadcast } = tools;
  const initSeq = tx.tick();
  const context = {
    initiatorId: discovery.identity.idBytes,
    responderId: contact.idBytes,
    generation: peer.gen,
    kind: 0,
    initSeq,
    sawSeq: draft.state.floor,
    initiatorIncarnation: tx.incarnation,
    responderIncarnation: peer.incarnation,
  };
  const handshake = crypto.pqxdh.initiate({ identity: discovery.identity.agreement }, peer, context, tx.random);
  if (!handshake) {
    draft.report("undecryptable", { detail: "unusable prekeys" });
    return;
  }
  tx.consume(handshake.sharedKey);
  const ratchet = initiateRatchet(crypto, handshake, peer.signedPrekey);
  const isRenewed = hasHistory(draft.state);
  const unanswered = { gen: peer.gen, since: tx.now };
  draft.poll = beginSchedule(draft.poll, tx.now);
  draft.live = { ratchet, delivery: newDelivery, initSeq, unanswered, peerIncarnation: peer.incarnation, hasPublished: false };
  const lastInit = { seq: initSeq, ownIncarnation: tx.incarnation, peerIncarnation: peer.incarnation, descriptorSeq: peer.seq };
  draft.state = { ...learnPeer(draft.state, peer.incarnation, 0), lastInit, wantsInit: false, isExpired: false };
  const sealed = firstMessage(draft);
  const { ephemeralKey, ciphertext } = handshake;
  const entry = { gen: peer.gen, initSeq, sawSeq: context.sawSeq, incarnation: tx.incarnation, ephemeralKey, ciphertext, sealed };
  broadcast.setInit(tx, contact.id, entry);
  const displaced = broadcast.oneOffPayload(tx, contact.id);
  if (displaced) enqueue(draft, { kind: kinds.oneOff.number, messageId: tx.random.bytes(16), payload: displaced });
  if (isRenewed) renew(draft);
  pump(draft);
}

/** Message 0: the first of the queue where it fits the slot's entry, else an empty one in front of it. */
function firstMessage(draft: Draft): Uint8Array {
  const [first] = waiting(draft, 1);
  if (first && !first.wasSent) {
    const body = bodyCodec.encode(bodyOf(draft, first, first.firstCommittedAt, []).body);
    if (body.length <= initialBodyRoom) {
      take(draft, first);
      return sealFirst(draft, first, first.firstCommittedAt, keepQueued(draft, first));
    }
  }
  const hello = { kind: kinds.hello.number, messageId: draft.tx.random.bytes(16), payload: new Uint8Array() };
  return sealFirst(draft, hello, draft.tx.now, 0);
}

function sealFirst(draft: Draft, message: Outgoing, sentAt: number, order: number): Uint8Array {
  const { tx, tools, live } = draft;
  if (!live) throw new RangeError("there is no session to begin");
  const { body, seq, said, delivery } = bodyOf(draft, message, sentAt, []);
  const sealed = encrypt(live.ratchet, bodyCodec.encode(body), { crypto: tools.crypto, random: tx.random });
  tx.consume(...sealed.consumed);
  draft.live = { ...live, ratchet: sealed.state, delivery };
  remember(draft, seq, {
    path: "",
    order,
    kind: message.kind,
    messageId: message.messageId,
    firstCommittedAt: sentAt,
    isResent: false,
    isNamed: message.isNamed ?? false,
    said,
  });
  return sealed.object;
}

/**
 * Ends the live session: its names are queued for deletion and its keys erased at once. Payloads stay in the queue for the next session,
 * except those that are too old to be sent again.
 */
export function endSession(draft: Draft): void {
  const { tx, tools, contact, live, names } = draft;
  if (!live) return;
  let { queued } = draft.state;
  for (const { name, bytes } of draft.scan(names.sentPrefix, { limit: live.delivery.lastSeq + 1 })) {
    const sent = sentCodec.decode(bytes);
    draft.remove(name);
    if (sent.path !== "") tx.withdraw(toPath(sent.path));
    if (sent.order === 0) forgetEphemeral(draft, sent);
    else if (tx.confirmedNow - sent.firstCommittedAt >= endAfter) giveUpQueued(draft, sent.order, sent, "unconfirmed", "expired");
    else queued++;
  }
  for (const { messageId } of entriesOf(live.delivery.ids)) draft.put(names.id(messageId), new Uint8Array());
  if (live.unanswered) tools.broadcast.clearInit(tx, contact.id);
  tx.consume(...ratchetSecrets(live.ratchet));
  const idsUntil = draft.state.activeDays + idsAfterResetDays;
  draft.state = { ...draft.state, live: null, unacked: 0, queueCursor: 0, queued, idsUntil };
}

/** Nothing is left to be sent again: the layer that made it makes a new one where it is still wanted. */
function forgetEphemeral(draft: Draft, { isNamed, messageId, kind }: SentMessage): void {
  if (isNamed) retireOwnId(draft, messageId);
  draft.tools.kinds.layerOf(kind)?.settle?.(draft.tx, draft.contact.id, messageId, "unconfirmed");
}

/** After a restore, the session of the earlier incarnation is void; the peer is told by an empty initial message. */
export function adoptIncarnation(draft: Draft): void {
  const { tx, state } = draft;
  if (state.ownIncarnation === tx.incarnation) return;
  const hadSession = state.live !== null || hasHistory(state);
  endSession(draft);
  draft.state = { ...draft.state, ownIncarnation: tx.incarnation, wantsInit: hadSession && !state.isRemoved };
}

/** What a fetched descriptor means here. */
export function takeDescriptor(draft: Draft, outcome: FetchOutcome): void {
  for (const code of outcome.raised) draft.report("alarm", { detail: code });
  const { accepted } = outcome;
  if (!accepted) return;
  if (outcome.changed) echo(draft, accepted);
  const verdict = judgeDescriptor(draft.state, accepted);
  const wasLive = draft.live !== null && !draft.live.unanswered;
  if (verdict !== "stands") endSession(draft);
  if (verdict === "void" && wasLive) draft.report("session-reset", { detail: "the contact began anew" });
  draft.state = { ...learnPeer(draft.state, accepted.incarnation, 0), wantsInit: draft.state.wantsInit || verdict === "remake" };
}

/** The owner learns from the next message which of its descriptors is seen here. */
function echo(draft: Draft, { seq, hash }: PeerDescriptor): void {
  addRider(draft, { kind: riderKinds.descSeen, bytes: encodeDescSeen({ seq, hash }) });
}

/** What an initial message found in the contact's slot means. Nothing is changed by one that is not valid. */
export function takeInit(draft: Draft, opening: InitOpening): void {
  const { tx, tools, contact } = draft;
  const { initSeq, sawSeq, incarnation } = opening.entry;
  const ids = { own: tools.discovery.identity.idBytes, peer: contact.idBytes };
  // SPEC "Valid initial messages": a home that was restored does not continue what its lost state was sent.
  if (opening.responderIncarnation !== tx.incarnation) return;
  const verdict = judgeInit(draft.state, { initSeq, sawSeq, incarnation }, ids, tx.now);
  if (verdict === "ignored") return;
  const { handshake } = opening;
  const first = acceptRatchet(handshake, handshake.agreeSignedPrekey, opening.entry.sealed, tools);
  const body = first && decodeBody(first.body);
  if (!first || body?.seq !== 1) {
    draft.report("undecryptable", { detail: "an initial message" });
    return;
  }
  tx.consume(handshake.sharedKey);
  tools.broadcast.markSeen(tx, contact.id, opening.entry.gen, opening.innerHash);
  const isRenewed = hasHistory(draft.state);
  draft.state = learnPeer(draft.state, incarnation, initSeq);
  if (verdict === "accepted") accept(draft, first, body, { peerIncarnation: incarnation, initSeq, isRenewed });
  else outdo(draft, first, body, verdict === "renewed");
}

interface Accepted {
  readonly peerIncarnation: number;
  readonly initSeq: number;
  /** There was a session with this contact before. */
  readonly isRenewed: boolean;
}

function accept(draft: Draft, first: Decrypted, body: Body, { peerIncarnation, initSeq, isRenewed }: Accepted): void {
  const { tx } = draft;
  const isReset = draft.live !== null && draft.live.unanswered === null;
  endSession(draft);
  const isRepeated = isKnownId(draft, body.messageId);
  tx.consume(...first.consumed);
  const received = { name: "", seq: 1, messageId: body.messageId, isPure: false, passedOver: [] };
  const delivery = recordReceived(newDelivery, received, tx.now, draft.state.activeDays);
  draft.poll = beginSchedule(draft.poll, tx.now);
  draft.live = { ratchet: first.state, delivery, initSeq, unanswered: null, peerIncarnation, hasPublished: false };
  draft.state = { ...draft.state, wantsInit: false, isExpired: false, lastHeardAt: tx.now };
  draft.report(isReset ? "session-reset" : "session-started");
  if (isRenewed) renew(draft);
  deliver(draft, body, isRepeated);
  pump(draft);
}

/** The own initial message stands; of the other one only this first message is read. */
function outdo(draft: Draft, first: Decrypted, body: Body, isWithdrawn: boolean): void {
  const { tx, names, state } = draft;
  tx.consume(...first.consumed, ...ratchetSecrets(first.state));
  const isRepeated = isKnownId(draft, body.messageId);
  draft.put(names.id(body.messageId), new Uint8Array());
  draft.state = { ...state, idsUntil: state.activeDays + idsAfterResetDays, wantsInit: state.wantsInit || isWithdrawn };
  deliver(draft, body, isRepeated);
}
