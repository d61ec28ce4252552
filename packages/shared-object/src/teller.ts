import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import type { ObjectId } from "./core/object-id.ts";
import { type ObjectAlarmCode, type Subscription, stateAt } from "./core/subscription.ts";
import { objectEventCodec } from "./wire/event.ts";

/** Tells the application of one contact's objects, through the inbox. */
export class Teller {
  readonly #tx: Transaction;
  readonly #contact: CwebId;

  constructor(tx: Transaction, contact: CwebId) {
    this.#tx = tx;
    this.#contact = contact;
  }

  /** Tells of a state that is another than the one told last, or of a new value; answers what is to be kept. */
  state(now: Subscription, hasNewValue: boolean = false): Subscription {
    const state = stateAt(now, this.#tx.now);
    if (state === undefined || (state === now.told && !hasNewValue)) return now;
    this.#deliver("object", now.objectId, now, "");
    return { ...now, told: state };
  }

  alarm(objectId: ObjectId, now: Subscription | undefined, code: ObjectAlarmCode): void {
    this.#deliver("object-alarm", objectId, now, code);
  }

  #deliver(kind: "object" | "object-alarm", objectId: ObjectId, now: Subscription | undefined, detail: string): void {
    const state = (now && stateAt(now, this.#tx.now)) ?? "stale";
    const { topic, version } = now?.shown ?? { topic: "", version: 0 };
    this.#tx.deliver({ kind, body: objectEventCodec.encode({ contact: this.#contact, objectId, topic, version, state, detail }) });
  }
}
