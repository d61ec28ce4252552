import { equal } from "@cweb/crypto";
import type { FlushReport } from "@cweb/mailbox";
import { encodeObjectId, type ObjectId, type ObjectState, type Owned, type Subscribed } from "@cweb/shared-object";
import type { Cancellable, ContactBook } from "./contact-book.ts";
import { checkObjectName, decodeOwnObject, encodeOwnObject, nameIn, objectRecord, topicOf } from "./core/object-name.ts";
import type { Layers } from "./layers.ts";
import { PeerError } from "./peer-error.ts";

/** One's own object. */
export interface OwnObject {
  readonly owner: "me";
  readonly name: string;
  /** Rises with each value. */
  readonly version: number;
  /** Names of the contacts who read it. */
  readonly subscribers: readonly string[];
  /** Why it is not uploaded yet, where the own store failed: a later round does it. */
  readonly failure?: unknown;
}

/** A value, one's own or a contact's. */
export interface ObjectValue {
  /** A contact's name, or "me". */
  readonly owner: string;
  readonly name: string;
  readonly version: number;
  /** `undefined` where none was read. */
  readonly value: Uint8Array | undefined;
  readonly state: ObjectState;
}

export interface CreateObjectOptions extends Cancellable {
  /** Seconds between two polls of a subscriber: how soon it sees a new value without hearing of it otherwise. Default 60. */
  readonly interval?: number;
  /** Days after which its key is changed. Default 30. */
  readonly rotateEvery?: number;
}

export interface PeerObjectsParts {
  readonly layers: Layers;
  readonly book: ContactBook;
  /** Uploads what waits. */
  readonly publish: (cancel: Cancellable) => Promise<FlushReport>;
}

/** Values that change, each for contacts of one's choice. Changes are durable when they resolve, and uploaded as far as the network allows. */
export class PeerObjects {
  readonly #parts: PeerObjectsParts;

  constructor(parts: PeerObjectsParts) {
    this.#parts = parts;
  }

  /**
   * Makes an object that nobody else reads yet: text or up to 8 MiB. Throws `PeerError` `bad-name`, `object-exists`; `SharedObjectError` `too-large`,
   * `bad-options`.
   */
  async create(name: string, value: string | Uint8Array, options: CreateObjectOptions = {}): Promise<OwnObject> {
    const { objects } = this.#parts.layers;
    const { signal, ...settings } = options;
    const cancel = signal ? { signal } : {};
    const wanted = checkObjectName(name);
    const content = bytesOf(value);
    const id = await this.#claim(wanted, cancel);
    await objects.create({ id, topic: topicOf(wanted), value: content, ...settings }, cancel);
    // Another process may have been faster, with another value.
    const made = await objects.value(id, cancel);
    if (!made || !equal(made, content)) throw exists(wanted);
    return this.#published(wanted, cancel);
  }

  /** Gives an object another value. Throws `PeerError` `unknown-object`; `SharedObjectError` `too-large`. */
  async set(name: string, value: string | Uint8Array, cancel: Cancellable = {}): Promise<OwnObject> {
    const { id } = await this.#own(name, cancel);
    await this.#parts.layers.objects.update(id, bytesOf(value), cancel);
    return this.#published(name, cancel);
  }

  /** Lets contacts read an object: its value as it is now and later ones. Throws `PeerError` `unknown-object`, `unknown-contact`. */
  async share(name: string, contacts: readonly string[], cancel: Cancellable = {}): Promise<OwnObject> {
    const { id } = await this.#own(name, cancel);
    const ids = await this.#parts.book.ids(contacts, cancel);
    await this.#parts.layers.objects.share(id, ids, cancel);
    await this.#parts.layers.establish(ids, cancel);
    return this.#published(name, cancel);
  }

  /** From now on these contacts read nothing new. Throws `PeerError` `unknown-object`, `unknown-contact`. */
  async unshare(name: string, contacts: readonly string[], cancel: Cancellable = {}): Promise<OwnObject> {
    const { id } = await this.#own(name, cancel);
    const ids = await this.#parts.book.ids(contacts, cancel);
    await this.#parts.layers.objects.unshare(id, ids, cancel);
    await this.#parts.layers.establish(ids, cancel);
    return this.#published(name, cancel);
  }

  /** Deletes an object, for everybody. Throws `PeerError` `unknown-object`. */
  async remove(name: string, cancel: Cancellable = {}): Promise<OwnObject> {
    const { id: named, live } = await this.#lookUp(checkObjectName(name), cancel);
    // Deleted by a process that died before it could free the name.
    if (named && !live) await this.#forget(checkObjectName(name), named, cancel);
    const object = await this.#own(name, cancel);
    const last = await this.#view(name, object, cancel);
    const { id } = object;
    await this.#parts.layers.objects.remove(id, cancel);
    await this.#forget(checkObjectName(name), id, cancel);
    const { failure } = await this.#parts.publish(cancel);
    return { ...last, ...(failure === undefined ? {} : { failure }) };
  }

  /** The value of a contact's object as it was read last, or of one's own ("me"). Throws `PeerError` `unknown-contact`, `unknown-object`. */
  async get(owner: string, name: string, cancel: Cancellable = {}): Promise<ObjectValue> {
    const { objects } = this.#parts.layers;
    const wanted = checkObjectName(name);
    if (owner === "me") {
      const { id, version } = await this.#own(wanted, cancel);
      const value = await objects.value(id, cancel);
      return { owner, name: wanted, version, value, state: "current" };
    }
    const contact = await this.#parts.book.find(owner, cancel);
    const shared = await objects.subscriptions({ contact: contact.id, ...cancel });
    const found = newest(shared.filter(({ topic }) => nameIn(topic) === wanted));
    if (!found) throw unknown(`${contact.name} shares no object called ${JSON.stringify(wanted)} with you, or its key has not come yet.`);
    const value = (await objects.get(found.contact, found.id, cancel))?.value;
    return { owner: contact.name, name: wanted, version: found.version, value, state: found.state };
  }

  /** One's own objects, and those that contacts share. */
  async list(
    cancel: Cancellable = {},
  ): Promise<{ readonly own: readonly OwnObject[]; readonly shared: readonly Omit<ObjectValue, "value">[] }> {
    const { layers, book } = this.#parts;
    const owned = await layers.objects.owned(cancel);
    const named = owned.flatMap((object) => {
      const name = object.isDeleted ? undefined : nameIn(object.topic);
      return name === undefined ? [] : [{ name, object }];
    });
    const own = await Promise.all(named.map(({ name, object }) => this.#view(name, object, cancel)));
    const shared: Omit<ObjectValue, "value">[] = [];
    for (const { contact, topic, version, state } of await layers.objects.subscriptions(cancel)) {
      const name = nameIn(topic);
      const owner = (await book.entry(contact, cancel))?.name;
      if (name !== undefined && owner !== undefined) shared.push({ owner, name, version, state });
    }
    return { own, shared };
  }

  async #own(name: string, cancel: Cancellable): Promise<Owned> {
    const { live } = await this.#lookUp(checkObjectName(name), cancel);
    if (live) return live;
    throw unknown(`You have no object called ${JSON.stringify(name.slice(0, 64))}.`);
  }

  /** Which object the name stands for, and that object unless it was deleted. */
  async #lookUp(name: string, cancel: Cancellable): Promise<{ readonly id: ObjectId | undefined; readonly live: Owned | undefined }> {
    const { mailbox, objects } = this.#parts.layers;
    const record = objectRecord(name);
    const found = (await mailbox.load([record], cancel)).get(record);
    const id = found && decodeOwnObject(found);
    const owned = id === undefined ? [] : await objects.owned(cancel);
    return { id, live: owned.find((one) => one.id === id && !one.isDeleted) };
  }

  /** The id under which the object of this name is made: the same one again where a process died before it was. */
  async #claim(name: string, cancel: Cancellable): Promise<ObjectId> {
    const { mailbox, objects } = this.#parts.layers;
    const owned = await objects.owned(cancel);
    const record = objectRecord(name);
    return mailbox.transact(
      { read: [record] },
      (tx) => {
        const found = tx.get(record);
        const claimed = found && decodeOwnObject(found);
        const known = owned.find(({ id }) => id === claimed);
        if (known && !known.isDeleted) throw exists(name);
        if (claimed && !known) return claimed;
        const id = encodeObjectId(tx.random.bytes(16));
        tx.put(record, encodeOwnObject(id));
        return id;
      },
      cancel,
    );
  }

  async #forget(name: string, id: ObjectId, cancel: Cancellable): Promise<void> {
    const record = objectRecord(name);
    await this.#parts.layers.mailbox.transact(
      { read: [record] },
      (tx) => {
        const found = tx.get(record);
        if (found && decodeOwnObject(found) === id) tx.remove(record);
      },
      cancel,
    );
  }

  async #published(name: string, cancel: Cancellable): Promise<OwnObject> {
    const { failure } = await this.#parts.publish(cancel);
    const object = await this.#own(name, cancel);
    return { ...(await this.#view(name, object, cancel)), ...(failure === undefined ? {} : { failure }) };
  }

  async #view(name: string, { version, subscribers }: Owned, cancel: Cancellable): Promise<OwnObject> {
    return { owner: "me", name: checkObjectName(name), version, subscribers: await this.#parts.book.namesOf(subscribers, cancel) };
  }
}

/** The one that an application means by a name: it may have been deleted and made again. */
function newest(shared: readonly Subscribed[]): Subscribed | undefined {
  const isOver = ({ state }: Subscribed): number => (state === "deleted" || state === "revoked" ? 1 : 0);
  return [...shared].sort((a, b) => isOver(a) - isOver(b) || b.version - a.version)[0];
}

const bytesOf = (value: string | Uint8Array): Uint8Array => (typeof value === "string" ? new TextEncoder().encode(value) : value);
const unknown = (message: string): PeerError => new PeerError("unknown-object", message);
const exists = (name: string): PeerError =>
  new PeerError("object-exists", `You have an object called ${JSON.stringify(name)} already: set its value instead.`);
