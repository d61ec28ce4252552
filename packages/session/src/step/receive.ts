import { decodeItems, type OneOffItem, type OneOffNumber } from "@cweb/broadcast";
import { equal } from "@cweb/crypto";
import type { PeerDescriptor } from "@cweb/discovery";
import { type Decrypted, decrypt } from "../core/decrypt.ts";
import { expectedSeq, recordReceived } from "../core/delivery.ts";
import { learnPeer } from "../core/init-rules.ts";
import { clockTolerance } from "../core/limits.ts";
import { holdsId } from "../core/received-ids.ts";
import { restartAhead } from "../core/schedule.ts";
import type { Draft } from "../draft.ts";
import { kinds, riderKinds } from "../kinds.ts";
import type { ReceivedMessage } from "../layer.ts";
import { type Body, bodyCodec } from "../wire/body.ts";
import { settle } from "./settle.ts";

/** A step may run several times on the same records: what was decrypted is kept, since it is the costly part. */
export interface Opened {
  readonly decrypted: Decrypted;
  readonly body: Body;
}
export type OpenedMemo = Map<string, { readonly from: Uint8Array; readonly opened: Opened | undefined }>;

/** Opens the object found at `name`, without changing anything. `undefined`: not a message of this session. */
function open(draft: Draft, name: string, object: Uint8Array, memo: OpenedMemo): Opened | undefined {
  const { live } = draft;
  if (!live) return undefined;
  const from = draft.get(draft.names.state) ?? new Uint8Array();
  const known = memo.get(name);
  if (known && equal(known.from, from)) return known.opened;
  const decrypted = decrypt(live.ratchet, name, object, draft.tools);
  const body = decrypted && decodeBody(decrypted.body);
  const isInStep = decrypted && body?.seq === expectedSeq(live.delivery, name, decrypted.passedOver);
  const opened = decrypted && body && isInStep ? { decrypted, body } : undefined;
  memo.set(name, { from, opened });
  return opened;
}

/** `undefined` for what is not a body (SPEC "Body"). */
export function decodeBody(bytes: Uint8Array): Body | undefined {
  try {
    return bodyCodec.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Takes in what the peer's store holds under `name`. Answers false, with no change, for what is not a message of this session. */
export function receive(draft: Draft, name: string, object: Uint8Array, memo: OpenedMemo): boolean {
  const { tx } = draft;
  const opened = open(draft, name, object, memo);
  if (!opened || !draft.live) return false;
  const { decrypted, body } = opened;
  const wasGap = draft.live.delivery.gaps.has(name);
  const received = {
    name,
    seq: body.seq,
    messageId: body.messageId,
    isPure: body.kind === kinds.ack.number,
    passedOver: decrypted.passedOver,
  };
  const isRepeated = isKnownId(draft, body.messageId);
  tx.consume(...decrypted.consumed);
  const delivery = recordReceived(draft.live.delivery, received, tx.now, draft.state.activeDays);
  draft.live = { ...draft.live, ratchet: decrypted.state, delivery };
  if (!wasGap) draft.poll = restartAhead(draft.poll);
  answered(draft);
  // A value of a clock that runs ahead would make the peer's later initial messages look old.
  const floor = body.initFloor > tx.now + clockTolerance ? 0 : body.initFloor;
  draft.state = { ...learnPeer(draft.state, 0, floor), lastHeardAt: tx.now };
  settle(draft, body);
  if (decrypted.passedOver.length > 0) {
    draft.report("gap", { detail: String(decrypted.passedOver.length) });
    draft.asksPending = true;
  }
  if (wasGap && !isRepeated && body.kind !== kinds.ack.number) draft.report("recovered", { messageId: body.messageId, number: body.kind });
  deliver(draft, body, isRepeated);
  return true;
}

/** The peer's first reply: the own initial message has done its work. */
function answered(draft: Draft): void {
  const { live, tx, contact } = draft;
  if (!live?.unanswered) return;
  draft.live = { ...live, unanswered: null };
  draft.tools.broadcast.clearInit(tx, contact.id);
  draft.report("session-started");
}

export function isKnownId(draft: Draft, messageId: Uint8Array): boolean {
  if (draft.live && holdsId(draft.live.delivery.ids, messageId)) return true;
  return draft.state.idsUntil > 0 && draft.get(draft.names.id(messageId)) !== undefined;
}

/** Hands a body's content to the application: each message id once. */
export function deliver(draft: Draft, body: Body, isRepeated: boolean): void {
  readRiders(draft, body);
  if (isRepeated || body.kind === kinds.ack.number || body.kind === kinds.hello.number) return;
  const known = draft.tools.kinds.get(body.kind);
  const { messageId, kind: number, sentAt, payload } = body;
  const event = { messageId, number, sentAt, payload };
  if (body.kind === kinds.oneOff.number) deliverOneOffs(draft, body);
  else if (known?.channels.includes("session")) hand(draft, event);
  else draft.report("unsupported", { ...event, payload: new Uint8Array(), detail: known ? "not accepted in a session" : "unknown kind" });
}

function hand(draft: Draft, message: ReceivedMessage): void {
  const layer = draft.tools.kinds.layerOf(message.number);
  if (layer) layer.receive(draft.tx, draft.contact.id, message);
  else draft.report("message", { ...message });
}

/** One-offs that an initial message displaced from the slot come inside the session. */
function deliverOneOffs(draft: Draft, body: Body): void {
  const peer = draft.tools.discovery.peer(draft.tx, draft.contact.id);
  const list = decodeItems(body.payload);
  if (!peer || !list || !draft.live) {
    draft.report("undecryptable", { messageId: body.messageId, detail: "malformed one-offs" });
    return;
  }
  // Inside a session lists may overtake each other: each message is taken by itself, once (broadcast SPEC §6).
  reportOneOffs(draft, peer, { number: { incarnation: draft.live.peerIncarnation, number: list.number }, items: list.items }, "session");
}

/** Hands the one-off messages that are new to the application. */
export function reportOneOffs(draft: Draft, peer: PeerDescriptor, listed: Listing, carrier: "slot" | "session"): void {
  const fresh = draft.tools.broadcast.acceptItems(draft.tx, peer, listed.number, listed.items, carrier);
  for (const { messageId, kind, sentAt, payload } of fresh) {
    const event = { channel: "broadcast", messageId, number: kind, sentAt };
    // A layer above sessions trusts what comes out of a session, and nothing else.
    if (draft.tools.kinds.layerOf(kind)) draft.report("unsupported", { ...event, detail: "not accepted outside a session" });
    else draft.report("message", { ...event, payload });
  }
}

interface Listing {
  readonly number: OneOffNumber;
  readonly items: readonly OneOffItem[];
}

/** Unknown riders are skipped. */
function readRiders(draft: Draft, body: Body): void {
  const { tx, tools } = draft;
  for (const rider of body.riders) {
    if (rider.kind !== riderKinds.descSeen) {
      tools.kinds.layerOfRider(rider.kind)?.takeRider?.(tx, draft.contact.id, rider);
      continue;
    }
    const verdict = tools.discovery.onDescSeen(tx, rider.bytes, body.sentAt);
    if (verdict === "forked") draft.report("alarm", { channel: "own", detail: "descriptor-fork" });
    if (verdict === "withheld") draft.report("alarm", { channel: "own", detail: "descriptor-rollback" });
  }
}
