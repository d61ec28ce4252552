import { decodeBase32, encodeBase32, equal } from "@cweb/crypto";
import type { Transaction } from "@cweb/mailbox";
import { toPath } from "@cweb/storage-remote";
import type { ObjectId } from "./core/object-id.ts";
import type { Content, Head, OwnedObject, OwnerContext, OwnerStep } from "./core/owned-object.ts";
import { type HeadedRecord, objectPath, openObject } from "./core/sealed-object.ts";
import { cancel, type SharedObjectsOptions } from "./options.ts";
import { SharedObjectError } from "./shared-object-error.ts";
import type { StoredValue } from "./stored-value.ts";
import { contentRecord, largeRecord, ownedRecord, recordNames } from "./wire/own-records.ts";

export interface OwnedWithContent {
  readonly state: OwnedObject;
  readonly content: Content;
}

const pageSize = 100;

/** The own objects' records, and what a step of their owner does to records and bucket. */
export class OwnObjects {
  readonly #options: SharedObjectsOptions;
  readonly #guarded = new Set<string>();
  /** Records of each object that this home has made, as far as they may be in the bucket. */
  readonly #made = new Map<ObjectId, Made>();

  constructor(options: SharedObjectsOptions) {
    this.#options = options;
  }

  reads(id: ObjectId): readonly string[] {
    return [recordNames.owned(id), recordNames.ownContent(id)];
  }

  get(tx: Transaction, id: ObjectId): OwnedWithContent | undefined {
    const found = decode(id, (name) => tx.get(name));
    if (found) this.guard(found.state);
    return found;
  }

  /** Throws `SharedObjectError` `unknown-object`, `object-deleted`. */
  require(tx: Transaction, id: ObjectId): OwnedWithContent {
    return requireLive(this.get(tx, id));
  }

  /** As it is, for looking. */
  async load(id: ObjectId, signal: AbortSignal | undefined): Promise<OwnedWithContent | undefined> {
    const records = await this.#options.mailbox.load(this.reads(id), cancel(signal));
    return decode(id, (name) => records.get(name));
  }

  async loadLarge(id: ObjectId, version: number, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    const name = recordNames.ownLarge(id);
    const bytes = (await this.#options.mailbox.load([name], cancel(signal))).get(name);
    const large = bytes && largeRecord.decode(name, bytes);
    return large?.version === version ? large.value : undefined;
  }

  async all(signal: AbortSignal | undefined): Promise<readonly OwnedObject[]> {
    const all: OwnedObject[] = [];
    for (let after = ""; ; ) {
      const page = await this.#options.mailbox.scan(recordNames.ownedPrefix, { after, limit: pageSize, ...cancel(signal) });
      all.push(...page.map(({ name, bytes }) => ownedRecord.decode(name, bytes)));
      const last = page.at(-1);
      if (!last || page.length < pageSize) return all;
      after = last.name;
    }
  }

  put(tx: Transaction, state: OwnedObject): void {
    tx.put(recordNames.owned(state.objectId), ownedRecord.encode(state));
  }

  /** Forgets an object, and its keys. */
  forget(tx: Transaction, { objectId, signingKey, key }: OwnedObject): void {
    for (const name of [...this.reads(objectId), recordNames.ownLarge(objectId)]) tx.remove(name);
    tx.consume(signingKey, key);
  }

  context(tx: Transaction): OwnerContext {
    const { crypto, ownId: owner } = this.#options;
    const { random, now, confirmedNow, incarnation } = tx;
    return { crypto, random, owner, now, confirmedNow, incarnation, tick: () => tx.tick() };
  }

  /** Does in this transaction what a step of the core wants. */
  apply(tx: Transaction, step: OwnerStep, stored?: StoredValue): OwnedObject {
    const { state } = step;
    this.put(tx, state);
    this.guard(state);
    if (stored) putValue(tx, state, stored);
    for (const { path, object, head } of step.replace) {
      tx.replace(path, object, {
        tag: formatTag(state.objectId, head),
        // The first of an object: a restored state that does not know it is noticed.
        ...(state.stored.version === 0 ? { beaconFirst: true } : {}),
      });
    }
    for (const path of step.withdraw) tx.withdraw(toPath(path));
    tx.consume(...step.consumed);
    return state;
  }

  /**
   * Before this process's first PUT under the object's name, and daily, a record there that this state has not made shows a restored state
   * (SPEC §5.6). Called for every state that is read or written: nothing is stored that was not guarded.
   */
  guard(state: OwnedObject): void {
    this.#made.set(state.objectId, state);
    this.#guardName(objectPath(this.#options.crypto, state), state, state);
    for (const { path, epoch, key } of state.retired) if (key !== null) this.#guardName(path, { epoch, key }, state);
  }

  #guardName(path: string, { epoch, key }: Pick<OwnedObject, "epoch" | "key">, { objectId, signingKey }: OwnedObject): void {
    const { crypto, mailbox, ownId: owner } = this.#options;
    if (this.#guarded.has(path)) return;
    this.#guarded.add(path);
    const epochKey = { owner, objectId, epoch, key: key.slice() };
    const verifyKey = crypto.ed25519.publicKey(signingKey);
    mailbox.guard(toPath(path), (object) => {
      const found = openObject(crypto, epochKey, verifyKey, object);
      return found && isForeign(found, this.#made.get(objectId)) ? found.record.version : undefined;
    });
  }
}

type Made = Pick<OwnedObject, "incarnation" | "stored" | "unstored">;

/** Whether another state of this home has made it: of what is older than this incarnation, that is known already. */
function isForeign({ record: { version }, head }: HeadedRecord, made: Made | undefined): boolean {
  if (!made || version <= made.incarnation || version < made.stored.version) return false;
  return ![made.stored, ...made.unstored].some((own) => own.version === version && equal(own.head, head));
}

function decode(id: ObjectId, get: (name: string) => Uint8Array | undefined): OwnedWithContent | undefined {
  const [name, contentName] = [recordNames.owned(id), recordNames.ownContent(id)];
  const [bytes, content] = [get(name), get(contentName)];
  return bytes && content && { state: ownedRecord.decode(name, bytes), content: contentRecord.decode(contentName, content) };
}

/** A large value is kept beside its reference: the owner need not fetch its own file. */
function putValue(tx: Transaction, { objectId, valueVersion }: OwnedObject, { value, content, fileId }: StoredValue): void {
  tx.put(recordNames.ownContent(objectId), contentRecord.encode(content));
  if (fileId === null) tx.remove(recordNames.ownLarge(objectId));
  else tx.put(recordNames.ownLarge(objectId), largeRecord.encode({ version: valueVersion, value }));
}

export function requireLive(found: OwnedWithContent | undefined): OwnedWithContent {
  if (!found) throw new SharedObjectError("unknown-object", "This home owns no such object.");
  if (found.state.isDeleted) throw new SharedObjectError("object-deleted", "This object was deleted.");
  return found;
}

const tagStart = "so";

const formatTag = (id: ObjectId, head: Head | undefined): string =>
  [tagStart, id, ...(head ? [head.version, encodeBase32(head.head)] : [])].join(":");

/** What was stored, from the tag that a flush reports: with a head, if it may be announced. `undefined` for tags of others. */
export function parseTag(tag: string): { readonly id: ObjectId; readonly head: Head | undefined } | undefined {
  const [start, id, version, text = ""] = tag.split(":");
  if (start !== tagStart || id === undefined) return undefined;
  const head = version === undefined ? undefined : decodeBase32(text);
  return { id: id as ObjectId, head: head && { version: Number(version), head } };
}
