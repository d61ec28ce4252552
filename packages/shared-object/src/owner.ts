import { decodeBase32 } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { FlushReport, Transaction } from "@cweb/mailbox";
import { riderKinds } from "@cweb/session";
import { Announcer } from "./announcer.ts";
import { type Assignment, assign, requireIds, subscribe } from "./assignment.ts";
import { defaults, limits, times } from "./core/limits.ts";
import { encodeObjectId, type ObjectId } from "./core/object-id.ts";
import {
  type Content,
  createObject,
  deleteObject,
  dueStep,
  type Head,
  noteStored,
  type OwnedObject,
  type OwnerStep,
  removeSubscribers,
  tendObject,
  updateObject,
} from "./core/owned-object.ts";
import { type Cancellable, cancel, type SharedObjectsOptions } from "./options.ts";
import { OwnObjects, parseTag, requireLive } from "./own-objects.ts";
import { SharedObjectError } from "./shared-object-error.ts";
import { isTopic, storeValue } from "./stored-value.ts";
import { headRider } from "./wire/head-rider.ts";
import { contentRecord, ownedRecord, recordNames } from "./wire/own-records.ts";

export interface CreateOptions {
  /** What the object is for, such as `object/notes`: 1 to 64 bytes of UTF-8, seen by its subscribers only. */
  readonly topic: string;
  /** At most 60 KiB; with the port `files`, 8 MiB. */
  readonly value: Uint8Array;
  /** Seconds between two polls of a subscriber, 1 to 604,800; default 60. */
  readonly interval?: number;
  /** Days after which the key is changed, 1 to 365; default 30. */
  readonly rotateEvery?: number;
}

export interface UpdateOptions extends Cancellable {
  /** Only where this is the object's version still: else `conflict`, and nothing is changed. */
  readonly ifVersion?: number;
}

/** An own object. */
export interface Owned {
  readonly id: ObjectId;
  readonly topic: string;
  /** Of the newest record that was made. */
  readonly version: number;
  /** Whether it is known to be stored. */
  readonly isStored: boolean;
  /** Seconds. */
  readonly interval: number;
  readonly subscribers: readonly CwebId[];
  /** A record that says so stands for 30 days. */
  readonly isDeleted: boolean;
}

const pageSize = 100;

/** The shell of the owner's side. */
export class Owner {
  readonly #options: SharedObjectsOptions;
  readonly #objects: OwnObjects;
  readonly #announcer: Announcer;

  constructor(options: SharedObjectsOptions) {
    this.#options = options;
    this.#objects = new OwnObjects(options);
    this.#announcer = new Announcer(options, this.#objects);
  }

  async create(wanted: CreateOptions, { signal }: Cancellable): Promise<{ readonly id: ObjectId; readonly version: number }> {
    const { topic, value, interval = defaults.interval, rotateEvery = defaults.rotateEvery } = wanted;
    if (!isTopic(topic)) throw new SharedObjectError("bad-topic", `A topic has 1 to ${limits.topic} bytes.`);
    requireWhole(interval, limits.interval, "The interval is a whole number of seconds");
    requireWhole(rotateEvery, limits.rotateEvery, "rotateEvery is a whole number of days");
    const id = encodeObjectId(this.#options.mailbox.random.bytes(16));
    const { content, fileId } = await storeValue(this.#options.files, { id, topic, value }, signal);
    const state = await this.#options.mailbox.transact(
      { read: this.#objects.reads(id) },
      (tx) => {
        const step = createObject(this.#objects.context(tx), id, { topic, content, interval, rotateEvery, fileId });
        return this.#objects.apply(tx, step, content);
      },
      cancel(signal),
    );
    this.#objects.guard(state);
    return { id, version: state.newest.version };
  }

  async update(id: ObjectId, value: Uint8Array, { ifVersion, signal }: UpdateOptions): Promise<{ readonly version: number }> {
    const requireVersion = ({ newest }: OwnedObject): void => {
      if (ifVersion !== undefined && newest.version !== ifVersion) throw changedMeanwhile();
    };
    const { state: seen } = requireLive(await this.#load(id, signal));
    requireVersion(seen);
    const { content, fileId } = await storeValue(this.#options.files, { id, topic: seen.topic, value }, signal);
    const run = (tx: Transaction, before: OwnedObject): OwnerStep => {
      requireVersion(before);
      return updateObject(this.#objects.context(tx), before, content, fileId);
    };
    const state = await this.#step(id, run, signal, content);
    return { version: state.newest.version };
  }

  async share(id: ObjectId, contacts: readonly CwebId[], { signal }: Cancellable): Promise<void> {
    requireIds(contacts);
    await this.#dropRemoved(contacts, signal);
    const fresh = await this.#options.mailbox.transact(
      { read: this.#objects.reads(id) },
      (tx) => {
        const { after, fresh } = subscribe(this.#objects.require(tx, id).state, contacts);
        if (fresh.length > 0) this.#objects.put(tx, after);
        this.#announcer.note(tx, id, fresh);
        return fresh;
      },
      cancel(signal),
    );
    await this.#announcer.tell(fresh, signal);
  }

  async assign(contacts: readonly CwebId[], assignment: Assignment, { signal }: Cancellable): Promise<void> {
    requireIds(contacts);
    await this.#dropRemoved(contacts, signal);
    const parts = { objects: this.#objects, announcer: this.#announcer };
    const { touched, told } = await this.#options.mailbox.transact({}, (tx) => assign(tx, parts, contacts, assignment), cancel(signal));
    for (const state of touched) this.#objects.guard(state);
    await this.#announcer.tell(told, signal);
  }

  async unshare(id: ObjectId, contacts: readonly CwebId[], { signal }: Cancellable): Promise<void> {
    await this.#step(id, (tx, before, content) => removeSubscribers(this.#objects.context(tx), before, content, contacts), signal);
  }

  async remove(id: ObjectId, { signal }: Cancellable): Promise<void> {
    await this.#step(id, (tx, before) => deleteObject(this.#objects.context(tx), before), signal);
  }

  async owned({ signal }: Cancellable): Promise<readonly Owned[]> {
    return (await this.#all(signal)).map(toOwned);
  }

  async get(id: ObjectId, { signal }: Cancellable): Promise<{ readonly state: OwnedObject; readonly content: Content } | undefined> {
    return this.#load(id, signal);
  }

  /** What is due; see `SharedObjects.maintain`. */
  async maintain({ signal }: Cancellable): Promise<void> {
    await this.#noteRenewed(signal);
    const removed = await this.#options.mailbox.scan(recordNames.removedPrefix, { limit: pageSize, ...cancel(signal) });
    await this.#dropRemoved(
      removed.map(({ name }) => name.slice(recordNames.removedPrefix.length) as CwebId),
      signal,
    );
    for (const state of await this.#all(signal)) {
      this.#objects.guard(state);
      await this.#tend(state, signal);
    }
    await this.#announcer.tellAll(signal);
  }

  async noteFlush({ stored }: FlushReport, { signal }: Cancellable): Promise<void> {
    for (const { tag = "" } of stored) {
      const parsed = parseTag(tag);
      const head = parsed && decodeBase32(parsed.head);
      if (parsed && head) await this.#noteStored(parsed.id, { version: parsed.version, head }, signal);
    }
  }

  async #noteStored(id: ObjectId, head: Head, signal: AbortSignal | undefined): Promise<void> {
    const told = await this.#options.mailbox.transact(
      { read: this.#objects.reads(id) },
      (tx) => {
        const state = this.#objects.get(tx, id)?.state;
        if (!state) return [];
        const next = noteStored(state, head);
        if (next !== state) this.#objects.put(tx, next);
        return next.stored.version === next.newest.version && next !== state ? next.subscribers : [];
      },
      cancel(signal),
    );
    const rider = { kind: riderKinds.objectHead, bytes: headRider.encode({ objectId: id, ...head }) };
    await this.#announcer.ride(told, rider, signal);
  }

  /** One step of an own object, with its new content if it has one. Whoever is to be told of a new epoch is noted in the same commit. */
  async #step(
    id: ObjectId,
    run: (tx: Transaction, before: OwnedObject, content: Content) => OwnerStep,
    signal: AbortSignal | undefined,
    newContent?: Content,
  ): Promise<OwnedObject> {
    const { before, after, told } = await this.#options.mailbox.transact(
      { read: this.#objects.reads(id) },
      (tx) => {
        const { state: before, content } = this.#objects.require(tx, id);
        const step = run(tx, before, content);
        const after = step.state === before ? before : this.#objects.apply(tx, step, newContent);
        const told = after.epoch === before.epoch ? [] : [...new Set([...after.subscribers, ...before.subscribers])];
        this.#announcer.note(tx, id, told);
        return { before, after, told };
      },
      cancel(signal),
    );
    this.#objects.guard(before);
    this.#objects.guard(after);
    await this.#announcer.tell(told, signal);
    return after;
  }

  async #tend(seen: OwnedObject, signal: AbortSignal | undefined): Promise<void> {
    const { mailbox } = this.#options;
    const due = await mailbox.transact({}, (tx) => dueStep(seen, this.#objects.context(tx)), cancel(signal));
    if (due !== undefined) {
      await mailbox.transact(
        { read: this.#objects.reads(seen.objectId) },
        (tx) => {
          const found = this.#objects.get(tx, seen.objectId);
          if (!found) return;
          const after = this.#objects.apply(tx, tendObject(this.#objects.context(tx), found.state, found.content));
          if (after.epoch !== found.state.epoch) this.#announcer.note(tx, after.objectId, after.subscribers);
        },
        cancel(signal),
      );
    }
    await this.#removeFiles(seen, signal);
    if (seen.isDeleted && seen.retired.length === 0 && seen.oldFiles.length === 0) await this.#forget(seen, signal);
  }

  async #removeFiles({ objectId, oldFiles, stored, newest }: OwnedObject, signal: AbortSignal | undefined): Promise<void> {
    const { files, mailbox } = this.#options;
    if (!files || stored.version !== newest.version) return;
    const isUnused = ({ since }: { readonly since: number }): boolean => mailbox.clock.now() - since >= times.fileRetirement;
    for (const { fileId } of oldFiles.filter(isUnused)) {
      await files.remove(fileId, cancel(signal));
      await mailbox.transact(
        { read: this.#objects.reads(objectId) },
        (tx) => {
          const state = this.#objects.get(tx, objectId)?.state;
          if (state) this.#objects.put(tx, { ...state, oldFiles: state.oldFiles.filter((old) => old.fileId !== fileId) });
        },
        cancel(signal),
      );
    }
  }

  async #forget({ objectId, signingKey, key }: OwnedObject, signal: AbortSignal | undefined): Promise<void> {
    await this.#options.mailbox.transact(
      { read: this.#objects.reads(objectId) },
      (tx) => {
        for (const name of this.#objects.reads(objectId)) tx.remove(name);
        tx.consume(signingKey, key);
      },
      cancel(signal),
    );
  }

  /** Contacts whose session was renewed: each object that concerns them is told again. */
  async #noteRenewed(signal: AbortSignal | undefined): Promise<void> {
    const { mailbox } = this.#options;
    const renewed = await mailbox.scan(recordNames.renewedPrefix, { limit: pageSize, ...cancel(signal) });
    if (renewed.length === 0) return;
    const all = await this.#all(signal);
    for (const { name } of renewed) {
      const contact = name.slice(recordNames.renewedPrefix.length) as CwebId;
      const concerned = all.filter(
        ({ subscribers, ended }) => subscribers.includes(contact) || ended.some((one) => one.contact === contact),
      );
      await mailbox.transact(
        { read: [name] },
        (tx) => {
          if (tx.get(name) === undefined) return;
          for (const { objectId } of concerned) this.#announcer.note(tx, objectId, [contact]);
          tx.remove(name);
        },
        cancel(signal),
      );
    }
  }

  /** Contacts that were removed are taken out of every object, and nothing is to be told to them. */
  async #dropRemoved(contacts: readonly CwebId[], signal: AbortSignal | undefined): Promise<void> {
    if (contacts.length === 0) return;
    const { mailbox } = this.#options;
    const names = await mailbox.load(contacts.map(recordNames.removed), cancel(signal));
    const removed = contacts.filter((contact) => names.has(recordNames.removed(contact)));
    if (removed.length === 0) return;
    for (const { objectId, subscribers, isDeleted } of await this.#all(signal)) {
      if (isDeleted || !subscribers.some((contact) => removed.includes(contact))) continue;
      await this.#step(
        objectId,
        (tx, before, content) => {
          const step = removeSubscribers(this.#objects.context(tx), before, content, removed);
          return { ...step, state: { ...step.state, ended: step.state.ended.filter(({ contact }) => !removed.includes(contact)) } };
        },
        signal,
      );
    }
    for (const contact of removed) await this.#announcer.forget(contact, recordNames.removed(contact), signal);
  }

  async #load(
    id: ObjectId,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly state: OwnedObject; readonly content: Content } | undefined> {
    const [name, contentName] = [recordNames.owned(id), recordNames.ownContent(id)];
    const records = await this.#options.mailbox.load([name, contentName], cancel(signal));
    const [bytes, content] = [records.get(name), records.get(contentName)];
    return bytes && content && { state: ownedRecord.decode(name, bytes), content: contentRecord.decode(contentName, content) };
  }

  async #all(signal: AbortSignal | undefined): Promise<readonly OwnedObject[]> {
    const all: OwnedObject[] = [];
    for (let after = ""; ; ) {
      const page = await this.#options.mailbox.scan(recordNames.ownedPrefix, { after, limit: pageSize, ...cancel(signal) });
      all.push(...page.map(({ name, bytes }) => ownedRecord.decode(name, bytes)));
      const last = page.at(-1);
      if (!last || page.length < pageSize) return all;
      after = last.name;
    }
  }
}

function toOwned({ objectId, topic, newest, stored, interval, subscribers, isDeleted }: OwnedObject): Owned {
  const isStored = stored.version === newest.version;
  return { id: objectId, topic, version: newest.version, isStored, interval, subscribers, isDeleted };
}

const changedMeanwhile = (): SharedObjectError =>
  new SharedObjectError("conflict", "The object was changed meanwhile.", { retryable: true });

function requireWhole(value: number, most: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  throw new SharedObjectError("bad-options", `${what} from 1 to ${most}.`);
}
