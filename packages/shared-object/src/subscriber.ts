import { equal } from "@cweb/crypto";
import { type CwebId, decodeId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import type { ReadResult, RemoteReader, Version } from "@cweb/storage-remote";
import { judge } from "./core/judge.ts";
import { limits } from "./core/limits.ts";
import type { ObjectId } from "./core/object-id.ts";
import { objectPath } from "./core/sealed-object.ts";
import { isDue, type ObjectAlarm, type ObjectState, type Subscription, stateAt } from "./core/subscription.ts";
import { forget, putSubscription, receiveKey, subscriptionIn } from "./object-layer.ts";
import { type Cancellable, cancel, type SharedObjectsOptions } from "./options.ts";
import { Teller } from "./teller.ts";
import { tryDecode } from "./wire/decode.ts";
import { keyMessage } from "./wire/key-message.ts";
import { recordKinds } from "./wire/object-record.ts";
import { contentRecord, largeRecord, recordNames, subscriptionRecord } from "./wire/own-records.ts";

/** An object of a contact, as far as it was read. */
export interface Subscribed {
  readonly contact: CwebId;
  readonly id: ObjectId;
  readonly topic: string;
  /** Of the record that brought the value. */
  readonly version: number;
  readonly state: ObjectState;
  /** Until then, in ms, its owner has confirmed the value. */
  readonly validUntil: number;
  readonly alarms: readonly ObjectAlarm[];
}

export interface PollReport {
  readonly gets: number;
  /** How many objects have a new value or another state. */
  readonly changed: number;
  /** Why the poll ended early, where the contact's store did not answer. */
  readonly failure?: unknown;
}

/** A large value, and the reference that it was fetched by. */
interface FetchedValue {
  readonly reference: Uint8Array;
  readonly value: Uint8Array;
}

/** What one poll asks, and how many bytes of large values it may fetch. */
interface Source {
  readonly reader: RemoteReader;
  readonly budget: Budget;
}

interface Budget {
  left: number;
  /** One large value at a time: else those under way at once would each count on what is left. */
  turn: Promise<unknown>;
}

const getsAtOnce = 4;

/** No object is as long as this one: it is refused like any other that is not right. */
const oversized: ReadResult = { kind: "found", bytes: new Uint8Array(), version: "" as Version };

/** The shell of the reader's side. */
export class Subscriber {
  readonly #options: SharedObjectsOptions;

  constructor(options: SharedObjectsOptions) {
    this.#options = options;
  }

  async poll(contact: CwebId, { all = false, signal }: Cancellable & { readonly all?: boolean }): Promise<PollReport> {
    await this.#takeHeld(contact, signal);
    const now = this.#options.mailbox.clock.now();
    const states = (await this.#states(contact, signal)).filter((state) => state.key !== null && (all || isDue(state, now)));
    // The longest waiting first; how many there are is the contact's choice, and must not hold up the others.
    const due = states.sort((a, b) => a.polledAt - b.polledAt).slice(0, all ? states.length : limits.getsPerPoll);
    const reader = due.length > 0 ? await this.#options.openReader(contact, cancel(signal)) : undefined;
    return reader ? this.#pollEach(contact, due, reader, signal) : { gets: 0, changed: 0 };
  }

  async subscriptions({ contact, signal }: Cancellable & { readonly contact?: CwebId }): Promise<readonly Subscribed[]> {
    const prefix = contact === undefined ? recordNames.subscriptionsPrefix : recordNames.subscriptionsOf(contact);
    const { mailbox } = this.#options;
    const found: Subscribed[] = [];
    for (let after = ""; ; ) {
      const page = await mailbox.scan(prefix, { after, limit: limits.objectsOfContact, ...cancel(signal) });
      for (const { name, bytes } of page) {
        const [owner] = name.slice(recordNames.subscriptionsPrefix.length).split("/");
        const one = toSubscribed(owner as CwebId, subscriptionRecord.decode(name, bytes), mailbox.clock.now());
        if (one) found.push(one);
      }
      const last = page.at(-1);
      if (!last || page.length < limits.objectsOfContact) return found;
      after = last.name;
    }
  }

  /** The newest value that was read, and what is known of it. A large one is fetched, and kept. */
  async get(contact: CwebId, id: ObjectId, { signal }: Cancellable): Promise<(Subscribed & { readonly value: Uint8Array }) | undefined> {
    const { mailbox, files } = this.#options;
    const [name, contentName, largeName] = [
      recordNames.subscription(contact, id),
      recordNames.content(contact, id),
      recordNames.large(contact, id),
    ];
    const records = await mailbox.load([name, contentName, largeName], cancel(signal));
    const [stateBytes, contentBytes, largeBytes] = [records.get(name), records.get(contentName), records.get(largeName)];
    const state = stateBytes && subscriptionRecord.decode(name, stateBytes);
    const subscribed = state && toSubscribed(contact, state, mailbox.clock.now());
    if (!subscribed || !contentBytes) return undefined;
    const { kind, bytes } = contentRecord.decode(contentName, contentBytes);
    if (kind !== recordKinds.fileReference) return { ...subscribed, value: bytes };
    const large = largeBytes && largeRecord.decode(largeName, largeBytes);
    if (large?.version === subscribed.version) return { ...subscribed, value: large.value };
    if (!files) return undefined;
    const value = await files.read(bytes, contact, { maxBytes: limits.value, ...cancel(signal) });
    await this.#keepLarge(subscribed, value, signal);
    return { ...subscribed, value };
  }

  async forget(contact: CwebId, id: ObjectId, { signal }: Cancellable): Promise<void> {
    await this.#options.mailbox.transact(
      { read: [recordNames.subscription(contact, id)] },
      (tx) => forget(tx, contact, id),
      cancel(signal),
    );
  }

  /** Unless another value has come meanwhile. */
  async #keepLarge({ contact, id, version }: Subscribed, value: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    await this.#options.mailbox.transact(
      { read: [recordNames.subscription(contact, id)] },
      (tx) => {
        if (subscriptionIn(tx, contact, id)?.shown?.version !== version) return;
        tx.put(recordNames.large(contact, id), largeRecord.encode({ version, value }));
      },
      cancel(signal),
    );
  }

  async #pollEach(
    contact: CwebId,
    due: readonly Subscription[],
    reader: RemoteReader,
    signal: AbortSignal | undefined,
  ): Promise<PollReport> {
    let gets = 0;
    let changed = 0;
    const budget: Budget = { left: limits.fetchedPerPoll, turn: Promise.resolve() };
    for (let start = 0; start < due.length; start += getsAtOnce) {
      const some = due.slice(start, start + getsAtOnce);
      gets += some.length;
      const outcomes = await Promise.allSettled(some.map((state) => this.#pollOne(contact, state, { reader, budget }, signal)));
      signal?.throwIfAborted();
      changed += outcomes.filter((outcome) => outcome.status === "fulfilled" && outcome.value).length;
      const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
      const other = failures.find((failure) => !isStorageFailure(failure));
      if (other !== undefined) throw other;
      if (failures.length > 0) return { gets, changed, failure: failures[0] };
    }
    return { gets, changed };
  }

  /** Asks for one object and takes in the answer. Answers whether the application was told of something. */
  async #pollOne(contact: CwebId, asked: Subscription, { reader, budget }: Source, signal: AbortSignal | undefined): Promise<boolean> {
    const { crypto, mailbox } = this.#options;
    const { objectId, epoch, key, storeVersion } = asked;
    if (key === null) return false;
    const answer = await read(reader, objectPath(crypto, { objectId, key }), storeVersion, signal);
    const ahead = await this.#fetchAhead(contact, asked, answer, budget, signal);
    return mailbox.transact(
      { read: [recordNames.subscription(contact, objectId)] },
      (tx) => {
        const before = subscriptionIn(tx, contact, objectId);
        // The answer is to a question of another epoch, or of another process, by now.
        if (!before || before.epoch !== epoch || before.key === null) return false;
        if (answer.kind === "unchanged" && before.storeVersion !== storeVersion) return false;
        return this.#takeIn(tx, contact, before, answer, ahead);
      },
      cancel(signal),
    );
  }

  /**
   * A large value is fetched before it is told of, so that it is at hand then. Where that fails, or the contact has too many of them, `get` fetches
   * it when it is asked for.
   */
  async #fetchAhead(
    contact: CwebId,
    asked: Subscription,
    answer: ReadResult,
    budget: Budget,
    signal: AbortSignal | undefined,
  ): Promise<FetchedValue | undefined> {
    const { crypto, files, mailbox } = this.#options;
    const owner = decodeId(contact);
    if (!files || !owner || answer.kind !== "found") return undefined;
    const { content } = judge(asked, answer, { crypto, owner, now: mailbox.clock.now() });
    if (content?.kind !== recordKinds.fileReference) return undefined;
    const fetched = budget.turn.then(async (): Promise<FetchedValue | undefined> => {
      if (budget.left <= 0) return undefined;
      const most = { maxBytes: Math.min(budget.left, limits.value), ...cancel(signal) };
      const value = await files.read(content.bytes, contact, most).catch(() => undefined);
      budget.left -= value?.length ?? 0;
      return value && { reference: content.bytes, value };
    });
    budget.turn = fetched;
    const value = await fetched;
    signal?.throwIfAborted();
    return value;
  }

  #takeIn(tx: Transaction, contact: CwebId, before: Subscription, answer: ReadResult, ahead: FetchedValue | undefined): boolean {
    const owner = decodeId(contact);
    if (!owner) return false;
    const { state, content, raised, consumed } = judge(before, answer, { crypto: this.#options.crypto, owner, now: tx.now });
    const teller = new Teller(tx, contact);
    const told = teller.state(state, content !== undefined);
    if (content) {
      const largeName = recordNames.large(contact, state.objectId);
      tx.put(recordNames.content(contact, state.objectId), contentRecord.encode(content));
      if (ahead && state.shown && equal(ahead.reference, content.bytes)) {
        tx.put(largeName, largeRecord.encode({ version: state.shown.version, value: ahead.value }));
      } else tx.remove(largeName);
    }
    putSubscription(tx, contact, told);
    for (const code of raised) teller.alarm(state.objectId, state, code);
    tx.consume(...consumed);
    return told !== state || content !== undefined;
  }

  /** Key messages that had to wait for the clock. */
  async #takeHeld(contact: CwebId, signal: AbortSignal | undefined): Promise<void> {
    const { mailbox } = this.#options;
    for (const { name } of await mailbox.scan(recordNames.heldOf(contact), { limit: limits.held, ...cancel(signal) })) {
      await mailbox.transact(
        { read: [name] },
        (tx) => {
          const bytes = tx.get(name);
          const key = bytes && tryDecode(keyMessage, bytes);
          if (!key || receiveKey(tx, contact, key)) tx.remove(name);
        },
        cancel(signal),
      );
    }
  }

  async #states(contact: CwebId, signal: AbortSignal | undefined): Promise<readonly Subscription[]> {
    const prefix = recordNames.subscriptionsOf(contact);
    const found = await this.#options.mailbox.scan(prefix, { limit: limits.objectsOfContact, ...cancel(signal) });
    return found.map(({ name, bytes }) => subscriptionRecord.decode(name, bytes));
  }
}

async function read(
  reader: RemoteReader,
  path: ReturnType<typeof objectPath>,
  storeVersion: string | null,
  signal: AbortSignal | undefined,
): Promise<ReadResult> {
  const unless = storeVersion === null ? {} : { unless: storeVersion as Version };
  try {
    return await reader.read(path, { maxBytes: limits.object, ...unless, ...cancel(signal) });
  } catch (failure) {
    if (isStorageFailure(failure) && failure.code === "too-large") return oversized;
    throw failure;
  }
}

function toSubscribed(contact: CwebId, state: Subscription, now: number): Subscribed | undefined {
  const standing = stateAt(state, now);
  if (standing === undefined) return undefined;
  const { topic, version, validUntil } = state.shown ?? { topic: "", version: 0, validUntil: 0 };
  return { contact, id: state.objectId, topic, version, state: standing, validUntil, alarms: state.alarms };
}

/** The ports of storage-remote throw errors of one class; it is told by its name so that a third party's port may bring its own. */
function isStorageFailure(failure: unknown): failure is Error & { readonly code: unknown } {
  return failure instanceof Error && failure.name === "StorageRemoteError" && "code" in failure;
}
