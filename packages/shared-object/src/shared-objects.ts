import type { CwebId } from "@cweb/discovery";
import type { FlushReport } from "@cweb/mailbox";
import type { SessionLayer } from "@cweb/session";
import type { Assignment } from "./assignment.ts";
import type { ObjectId } from "./core/object-id.ts";
import { ObjectLayer } from "./object-layer.ts";
import { ObjectSteps } from "./object-steps.ts";
import type { Cancellable, SharedObjectsOptions } from "./options.ts";
import { type CreateOptions, type Owned, Owner, type UpdateOptions } from "./owner.ts";
import { type PollReport, type Subscribed, Subscriber } from "./subscriber.ts";
import { Upkeep } from "./upkeep.ts";

export interface PollObjectsOptions extends Cancellable {
  /** Also what is not due yet. */
  readonly all?: boolean;
}

/** Objects that one home owns and changes, and chosen contacts read. State lives in the mailbox; any number of processes may share it. */
export class SharedObjects {
  /** For `createKindRegistry` of the sessions. */
  readonly layer: SessionLayer = new ObjectLayer();
  readonly #owner: Owner;
  readonly #upkeep: Upkeep;
  readonly #subscriber: Subscriber;

  constructor(options: SharedObjectsOptions) {
    const steps = new ObjectSteps(options);
    this.#owner = new Owner(steps);
    this.#upkeep = new Upkeep(steps);
    this.#subscriber = new Subscriber(options);
  }

  // --- own objects ---

  /** Resolves when it is committed; `Mailbox.flush` uploads. Throws `SharedObjectError` `too-large`, `bad-topic`, `bad-options`, `object-deleted`. */
  create(object: CreateOptions, options: Cancellable = {}): Promise<{ readonly id: ObjectId; readonly version: number }> {
    return this.#owner.create(object, options);
  }

  /** A new value; one PUT at the next flush. Throws `SharedObjectError` `unknown-object`, `object-deleted`, `too-large`, `conflict`. */
  update(id: ObjectId, value: Uint8Array, options: UpdateOptions = {}): Promise<{ readonly version: number }> {
    return this.#owner.update(id, value, options);
  }

  /** From now on these contacts read the object too; who does already is not told again. Throws `unknown-object`, `object-deleted`, `unknown-contact`, `too-many-subscribers`. */
  share(id: ObjectId, contacts: readonly CwebId[], options: Cancellable = {}): Promise<void> {
    return this.#owner.share(id, contacts, options);
  }

  /** From now on these contacts read nothing new: the others get another key, under which the object goes on. Throws `unknown-object`, `object-deleted`. */
  unshare(id: ObjectId, contacts: readonly CwebId[], options: Cancellable = {}): Promise<void> {
    return this.#owner.unshare(id, contacts, options);
  }

  /**
   * In one step: of all own objects of a topic these contacts read the one `to` from now on, and no other; without `to`, none. Throws
   * `unknown-object`, `object-deleted`, `unknown-contact`, `too-many-subscribers`: then nothing was changed.
   */
  assign(contacts: readonly CwebId[], assignment: Assignment, options: Cancellable = {}): Promise<void> {
    return this.#owner.assign(contacts, assignment, options);
  }

  /** Deletes the object; a record that says so stands for 30 days. Throws `unknown-object`, `object-deleted`. */
  remove(id: ObjectId, options: Cancellable = {}): Promise<void> {
    return this.#owner.remove(id, options);
  }

  /** All own objects, deleted ones as long as they are remembered. */
  owned(options: Cancellable = {}): Promise<readonly Owned[]> {
    return this.#owner.owned(options);
  }

  /** An own object's value; `undefined` for none of ours, or a deleted one. */
  value(id: ObjectId, options: Cancellable = {}): Promise<Uint8Array | undefined> {
    return this.#owner.value(id, options);
  }

  /**
   * Does what is due: new keys after 30 days and after a restored state, a heartbeat each week, deletions, keys that have to be sent again. Cheap
   * when nothing is; call it each round, before `Mailbox.flush`.
   */
  maintain(options: Cancellable = {}): Promise<void> {
    return this.#upkeep.maintain(options);
  }

  /** Give it each report of `Mailbox.flush`: subscribers are told only of what is stored. */
  noteFlush(report: FlushReport, options: Cancellable = {}): Promise<void> {
    return this.#upkeep.noteFlush(report, options);
  }

  // --- objects of contacts ---

  /**
   * Asks for each object of this contact that is due: by its interval, because its key has just come, or because the contact has told of a newer
   * one. One conditional GET each. What is new is delivered as an inbox event `object` (`objectEventCodec`). The store's failures are answered.
   */
  poll(contact: CwebId, options: PollObjectsOptions = {}): Promise<PollReport> {
    return this.#subscriber.poll(contact, options);
  }

  /** The objects of which at least one record was read. */
  subscriptions(options: Cancellable & { readonly contact?: CwebId } = {}): Promise<readonly Subscribed[]> {
    return this.#subscriber.subscriptions(options);
  }

  /** One of them with its value; `undefined` where none was read. A large value is fetched once. Throws the errors of the port `files`. */
  get(contact: CwebId, id: ObjectId, options: Cancellable = {}): Promise<(Subscribed & { readonly value: Uint8Array }) | undefined> {
    return this.#subscriber.get(contact, id, options);
  }

  /** Forgets an object of a contact, and its key. A new key (after a rotation, or when it is shared again) brings it back. */
  forget(contact: CwebId, id: ObjectId, options: Cancellable = {}): Promise<void> {
    return this.#subscriber.forget(contact, id, options);
  }
}
