import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { checkBatch, checkNames, checkScan, endOfPrefix, localRecord, ownBytes } from "./batch.ts";
import { indexedDbError, notAStore, supersededError } from "./indexeddb-error.ts";
import type { CommitOptions, CommitResult, LocalBatch, LocalRecord, LocalStore } from "./port.ts";
import { closedError, type StorageLocalError } from "./storage-local-error.ts";

/** SPEC §7.2. */
interface Schema extends DBSchema {
  record: { key: string; value: { readonly bytes: Uint8Array; readonly revision: number } };
  counter: { key: string; value: number };
}
const formatVersion = 1;

/** A transaction's end is also reported by its requests: where only these are awaited, it is not an unhandled rejection. */
function quiet<T extends { readonly done: Promise<void> }>(tx: T): T {
  tx.done.catch(() => undefined);
  return tx;
}

/** The store in this origin's database `name`, which is created where it is missing. Any number of tabs and workers may have it open. */
export async function openIndexedDb(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<LocalStore> {
  options.signal?.throwIfAborted();
  const store = new IndexedDbStore();
  await store.open(name);
  return store;
}

class IndexedDbStore implements LocalStore {
  #db: IDBPDatabase<Schema> | undefined;
  #closed: StorageLocalError | undefined = undefined;

  async open(name: string): Promise<void> {
    try {
      this.#db = await openDB<Schema>(name, formatVersion, {
        upgrade(db) {
          db.createObjectStore("record");
          db.createObjectStore("counter");
        },
        // A tab with newer software waits for us: make room, or it would hang.
        blocking: () => this.#end(supersededError()),
        terminated: () => this.#end(supersededError()),
      });
    } catch (error) {
      throw indexedDbError(error);
    }
    if (!["record", "counter"].every((store) => this.#db?.objectStoreNames.contains(store as "record"))) {
      this.#db.close();
      throw notAStore();
    }
  }

  async load(names: readonly string[], options: { readonly signal?: AbortSignal } = {}): Promise<ReadonlyMap<string, LocalRecord>> {
    return this.#call(options.signal, async (db) => {
      checkNames(names);
      const found = new Map<string, LocalRecord>();
      if (names.length === 0) return found;
      const records = quiet(db.transaction("record")).store; // one transaction, hence one snapshot
      const stored = await Promise.all(names.map((name) => records.get(name)));
      names.forEach((name, i) => {
        const each = stored[i];
        if (each) found.set(name, localRecord(name, each.bytes, each.revision));
      });
      return found;
    });
  }

  async scan(
    prefix: string,
    options: { readonly after?: string; readonly limit: number; readonly signal?: AbortSignal },
  ): Promise<readonly LocalRecord[]> {
    return this.#call(options.signal, async (db) => {
      checkScan(prefix, options);
      const { after = "", limit } = options;
      const end = prefix + endOfPrefix;
      if (after >= end) return [];
      const range = after >= prefix ? IDBKeyRange.bound(after, end, true, true) : IDBKeyRange.bound(prefix, end, false, true);
      const records = quiet(db.transaction("record")).store;
      const count = Math.min(limit, 0xffff_ffff); // the most that IndexedDB takes
      const [names, stored] = await Promise.all([records.getAllKeys(range, count), records.getAll(range, count)]);
      return stored.map(({ bytes, revision }, i) => localRecord(names[i] as string, bytes, revision));
    });
  }

  async commit(batch: LocalBatch, options: CommitOptions = {}): Promise<CommitResult> {
    return this.#call(options.signal, async (db) => {
      checkBatch(batch);
      // Copied before the first wait: the caller may erase or reuse its bytes once the call has returned a promise.
      const put = [...batch.put].map(([name, bytes]) => [name, ownBytes(bytes)] as const);
      const remove = [...batch.remove];
      const expected = [...batch.expected];
      const tx = quiet(db.transaction(["record", "counter"], "readwrite", { durability: options.relaxed ? "relaxed" : "strict" }));
      const records = tx.objectStore("record");
      const counter = tx.objectStore("counter");
      const found = await Promise.all(expected.map(([name]) => records.get(name)));
      if (expected.some(([, revision], i) => (found[i]?.revision ?? null) !== revision)) {
        await tx.done;
        return { kind: "conflict" };
      }
      const revision = ((await counter.get("revision")) ?? 0) + 1;
      await Promise.all([
        counter.put(revision, "revision"),
        ...put.map(([name, bytes]) => records.put({ bytes, revision }, name)),
        ...remove.map((name) => records.delete(name)),
        tx.done,
      ]);
      return { kind: "committed" };
    });
  }

  async close(): Promise<void> {
    this.#end(closedError());
  }

  #end(why: StorageLocalError): void {
    this.#closed ??= why;
    this.#db?.close();
  }

  async #call<T>(signal: AbortSignal | undefined, call: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;
    if (!this.#db) throw closedError();
    try {
      return await call(this.#db);
    } catch (error) {
      throw indexedDbError(error);
    }
  }
}
