import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import { type Assignment, assign, requireIds, subscribe } from "./assignment.ts";
import { defaults, limits } from "./core/limits.ts";
import { decodeObjectId, encodeObjectId, type ObjectId } from "./core/object-id.ts";
import { createObject, deleteObject, type OwnedObject, type OwnerStep, removeSubscribers, updateObject } from "./core/owned-object.ts";
import type { ObjectSteps } from "./object-steps.ts";
import { type Cancellable, cancel } from "./options.ts";
import { requireLive } from "./own-objects.ts";
import { SharedObjectError } from "./shared-object-error.ts";
import { isTopic, storeValue } from "./stored-value.ts";
import { recordKinds } from "./wire/object-record.ts";

export interface CreateOptions {
  /** What the object is for, such as `object/notes`: 1 to 64 bytes of UTF-8, seen by its subscribers only. */
  readonly topic: string;
  /** At most 60 KiB; with the port `files`, 8 MiB. */
  readonly value: Uint8Array;
  /** Seconds between two polls of a subscriber, 1 to 604,800; default 60. */
  readonly interval?: number;
  /** Days after which the key is changed, 1 to 365; default 30. */
  readonly rotateEvery?: number;
  /** Of 16 random bytes that the caller has kept, so that a creation that was cut off can be repeated: an object that exists stays as it is. */
  readonly id?: ObjectId;
}

export interface UpdateOptions extends Cancellable {
  /** Only where this is the object's version still: else `conflict`, and nothing is changed. */
  readonly ifVersion?: number;
}

/** An own object. */
export interface Owned {
  readonly id: ObjectId;
  readonly topic: string;
  /** Of the value. */
  readonly version: number;
  /** Whether the value is known to be stored. */
  readonly isStored: boolean;
  /** Seconds. */
  readonly interval: number;
  readonly subscribers: readonly CwebId[];
  /** A record that says so stands for 30 days. */
  readonly isDeleted: boolean;
}

/** The shell of the owner's side: what an application asks for. */
export class Owner {
  readonly #steps: ObjectSteps;

  constructor(steps: ObjectSteps) {
    this.#steps = steps;
  }

  async create(wanted: CreateOptions, { signal }: Cancellable): Promise<{ readonly id: ObjectId; readonly version: number }> {
    const { topic, value, interval = defaults.interval, rotateEvery = defaults.rotateEvery } = wanted;
    if (!isTopic(topic)) throw new SharedObjectError("bad-topic", `A topic has 1 to ${limits.topic} bytes.`);
    requireWhole(interval, limits.interval, "The interval is a whole number of seconds");
    requireWhole(rotateEvery, limits.rotateEvery, "rotateEvery is a whole number of days");
    const { objects, options } = this.#steps;
    const { id = encodeObjectId(options.mailbox.random.bytes(16)) } = wanted;
    if (decodeObjectId(id) === undefined) throw new SharedObjectError("bad-options", "This is not an ObjectId.");
    const known = wanted.id && (await objects.load(id, signal));
    if (known) return { id, version: requireLive(known).state.valueVersion };
    const stored = await storeValue(options, { id, after: 0, value }, signal);
    const { content, fileId } = stored;
    const state = await options.mailbox.transact(
      { read: objects.reads(id) },
      (tx) => {
        // Another process was faster.
        if (objects.get(tx, id)) return objects.require(tx, id).state;
        return objects.apply(tx, createObject(objects.context(tx), id, { topic, content, interval, rotateEvery, fileId }), stored);
      },
      cancel(signal),
    );
    return { id, version: state.valueVersion };
  }

  async update(id: ObjectId, value: Uint8Array, { ifVersion, signal }: UpdateOptions): Promise<{ readonly version: number }> {
    const requireVersion = ({ valueVersion }: OwnedObject): void => {
      if (ifVersion !== undefined && valueVersion !== ifVersion) throw changedMeanwhile();
    };
    const { objects, options } = this.#steps;
    const { state: seen } = requireLive(await objects.load(id, signal));
    requireVersion(seen);
    const stored = await storeValue(options, { id, after: seen.valueVersion, value }, signal);
    const run = (tx: Transaction, before: OwnedObject): OwnerStep => {
      requireVersion(before);
      return updateObject(objects.context(tx), before, stored.content, stored.fileId);
    };
    const state = await this.#steps.step(id, run, signal, stored);
    return { version: state.valueVersion };
  }

  async share(id: ObjectId, contacts: readonly CwebId[], { signal }: Cancellable): Promise<void> {
    requireIds(contacts);
    await this.#steps.dropRemoved(contacts, signal);
    const { objects } = this.#steps;
    await this.#steps.step(id, (tx, state, content) => subscribe(objects.context(tx), { state, content }, contacts), signal);
  }

  async assign(contacts: readonly CwebId[], assignment: Assignment, { signal }: Cancellable): Promise<void> {
    requireIds(contacts);
    await this.#steps.dropRemoved(contacts, signal);
    const { objects, announcer, options } = this.#steps;
    const parts = { objects, announcer };
    const told = await options.mailbox.transact({}, (tx) => assign(tx, parts, contacts, assignment), cancel(signal));
    await announcer.tell(told, signal);
  }

  async unshare(id: ObjectId, contacts: readonly CwebId[], { signal }: Cancellable): Promise<void> {
    const { objects } = this.#steps;
    await this.#steps.step(id, (tx, before, content) => removeSubscribers(objects.context(tx), before, content, contacts), signal);
  }

  async remove(id: ObjectId, { signal }: Cancellable): Promise<void> {
    const { objects } = this.#steps;
    await this.#steps.step(id, (tx, before) => deleteObject(objects.context(tx), before), signal);
  }

  async owned({ signal }: Cancellable): Promise<readonly Owned[]> {
    return (await this.#steps.objects.all(signal)).map(toOwned);
  }

  async value(id: ObjectId, { signal }: Cancellable): Promise<Uint8Array | undefined> {
    for (;;) {
      const found = await this.#steps.objects.load(id, signal);
      if (!found || found.state.isDeleted) return undefined;
      if (found.content.kind !== recordKinds.fileReference) return found.content.bytes;
      const large = await this.#steps.objects.loadLarge(id, found.state.valueVersion, signal);
      // Not there: it was changed between the two looks.
      if (large) return large;
    }
  }
}

function toOwned({ objectId, topic, valueVersion, stored, interval, subscribers, isDeleted }: OwnedObject): Owned {
  return { id: objectId, topic, version: valueVersion, isStored: stored.version >= valueVersion, interval, subscribers, isDeleted };
}

const changedMeanwhile = (): SharedObjectError =>
  new SharedObjectError("conflict", "The object was changed meanwhile.", { retryable: true });

function requireWhole(value: number, most: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  throw new SharedObjectError("bad-options", `${what} from 1 to ${most}.`);
}
