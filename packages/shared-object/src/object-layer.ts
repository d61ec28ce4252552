import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import { type MessageKind, type MessageOutcome, type ReceivedMessage, riderKinds, type SessionLayer } from "@cweb/session";
import { limits } from "./core/limits.ts";
import type { ObjectId } from "./core/object-id.ts";
import { type Subscription, takeEnd, takeHead, takeKey } from "./core/subscription.ts";
import { Teller } from "./teller.ts";
import { tryDecode } from "./wire/decode.ts";
import { endMessage } from "./wire/end-message.ts";
import { headRider } from "./wire/head-rider.ts";
import { type KeyMessage, keyMessage } from "./wire/key-message.ts";
import { lastPart, recordNames, subscriptionRecord } from "./wire/own-records.ts";

/** The messages of this layer (SPEC §3.3, §3.4): sessions only, so that a key never comes from anybody but its owner (M2). */
export const objectKinds = {
  key: { number: 16, name: "so/key", channels: ["session"], isEphemeral: true },
  end: { number: 17, name: "so/end", channels: ["session"] },
} as const satisfies Record<string, MessageKind>;

/** What sessions tell of: keys, ends and heads of the contacts' objects, and contacts that may have lost the own ones. */
export class ObjectLayer implements SessionLayer {
  readonly kinds: readonly MessageKind[] = [objectKinds.key, objectKinds.end];
  readonly riders: readonly number[] = [riderKinds.objectHead];

  /** Malformed messages change nothing: there is no object that they could be about. */
  receive(tx: Transaction, from: CwebId, message: ReceivedMessage): void {
    if (message.number === objectKinds.key.number) {
      const key = tryDecode(keyMessage, message.payload);
      if (key) receiveKey(tx, from, key);
      return;
    }
    const end = tryDecode(endMessage, message.payload);
    if (end) receiveEnd(tx, from, end.objectId, end.epoch);
  }

  takeRider(tx: Transaction, from: CwebId, rider: { readonly kind: number; readonly bytes: Uint8Array }): void {
    const head = tryDecode(headRider, rider.bytes);
    const before = head && subscriptionIn(tx, from, head.objectId);
    if (!head || !before) return;
    const next = takeHead(before, head, tx.now);
    if (next !== before) putSubscription(tx, from, next);
  }

  /** A key that will never arrive, or perhaps not: all of that contact's are sent again. */
  settle(tx: Transaction, to: CwebId, _messageId: Uint8Array, outcome: MessageOutcome): void {
    if (outcome !== "delivered") this.renewed(tx, to);
  }

  renewed(tx: Transaction, contact: CwebId): void {
    tx.put(recordNames.renewed(contact), new Uint8Array());
  }

  removed(tx: Transaction, contact: CwebId): void {
    tx.put(recordNames.removed(contact), new Uint8Array());
    tx.remove(recordNames.renewed(contact));
    forgetAll(tx, contact);
  }
}

/** Takes in a key message, or keeps it until the clock allows it. Answers whether it was taken or refused for good. */
export function receiveKey(tx: Transaction, from: CwebId, key: KeyMessage): boolean {
  const before = subscriptionIn(tx, from, key.objectId);
  if (!before && !makeRoom(tx, from)) return true;
  const taking = takeKey(before, key, tx.now);
  if (taking.kind === "ahead") {
    holdKey(tx, from, key, before);
    return false;
  }
  if (taking.kind === "taken") {
    tx.consume(...taking.consumed);
    putSubscription(tx, from, taking.state);
  }
  return true;
}

/** Where a contact has the most objects that are followed already, one that is over makes room for a new one. */
function makeRoom(tx: Transaction, from: CwebId): boolean {
  const known = tx.scan(recordNames.subscriptionsOf(from), { limit: limits.objectsOfContact });
  if (known.length < limits.objectsOfContact) return true;
  const over = known
    .map(({ name, bytes }) => subscriptionRecord.decode(name, bytes))
    .filter(({ standing }) => standing === "deleted" || standing === "revoked")
    .sort((a, b) => a.pin.version - b.pin.version)[0];
  if (over) forget(tx, from, over.objectId);
  return over !== undefined;
}

/** Only the newest of each object, and only of so many. The alarm is told once for each object. */
function holdKey(tx: Transaction, from: CwebId, key: KeyMessage, before: Subscription | undefined): void {
  const name = recordNames.held(from, key.objectId);
  const held = tx.get(name);
  if (!held && !hasRoom(tx, recordNames.heldOf(from), limits.held)) return;
  tx.put(name, keyMessage.encode(key));
  if (!held) new Teller(tx, from).alarm(key.objectId, before, "clock-skew");
}

const hasRoom = (tx: Transaction, prefix: string, limit: number): boolean => tx.scan(prefix, { limit }).length < limit;

function receiveEnd(tx: Transaction, from: CwebId, objectId: ObjectId, epoch: number): void {
  const before = subscriptionIn(tx, from, objectId);
  if (!before) return;
  const next = takeEnd(before, epoch, tx.now);
  if (next === before) return;
  if (before.key !== null) tx.consume(before.key);
  putSubscription(tx, from, new Teller(tx, from).state(next));
}

export function subscriptionIn(tx: Transaction, contact: CwebId, id: ObjectId): Subscription | undefined {
  const name = recordNames.subscription(contact, id);
  const bytes = tx.get(name);
  return bytes && subscriptionRecord.decode(name, bytes);
}

export function putSubscription(tx: Transaction, contact: CwebId, state: Subscription): void {
  tx.put(recordNames.subscription(contact, state.objectId), subscriptionRecord.encode(state));
}

/** Forgets one object of a contact, and its key. */
export function forget(tx: Transaction, contact: CwebId, id: ObjectId): void {
  const state = subscriptionIn(tx, contact, id);
  if (state && state.key !== null) tx.consume(state.key);
  for (const name of [recordNames.subscription, recordNames.content, recordNames.large, recordNames.held]) tx.remove(name(contact, id));
}

function forgetAll(tx: Transaction, contact: CwebId): void {
  for (const { name, bytes } of tx.scan(recordNames.subscriptionsOf(contact), { limit: limits.objectsOfContact })) {
    const { key } = subscriptionRecord.decode(name, bytes);
    if (key !== null) tx.consume(key);
    for (const named of [recordNames.subscription, recordNames.content, recordNames.large])
      tx.remove(named(contact, lastPart(name) as ObjectId));
  }
  for (const { name } of tx.scan(recordNames.heldOf(contact), { limit: limits.held })) tx.remove(name);
}
