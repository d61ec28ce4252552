import { checkBatch, checkNames, checkScan, localRecord, ownBytes } from "./batch.ts";
import type { CommitOptions, CommitResult, LocalBatch, LocalRecord, LocalStore } from "./port.ts";
import { closedError } from "./storage-local-error.ts";

interface Stored {
  readonly bytes: Uint8Array;
  readonly revision: number;
}

/** Everything a memory store holds at one moment, as a backup would. Opaque; does not change with the store. */
export interface MemorySnapshot {
  readonly records: ReadonlyMap<string, Stored>;
  readonly revision: number;
}

export interface MemoryStore extends LocalStore {
  snapshot(): MemorySnapshot;
  /** A further handle on the same content, as another process would have; closed on its own. */
  open(): MemoryStore;
}

/** A store that lives as long as this object. `from`: begins as the snapshot was, as a restored backup does. */
export function memoryStore(options: { readonly from?: MemorySnapshot } = {}): MemoryStore {
  const { records, revision } = options.from ?? { records: new Map<string, Stored>(), revision: 0 };
  return new Memory({ records: new Map(records), revision });
}

/** Shared by all handles. */
interface Content {
  readonly records: Map<string, Stored>;
  /** One counter for all records, so that a record made again never repeats a revision. */
  revision: number;
}

class Memory implements MemoryStore {
  readonly #content: Content;
  #closed = false;

  constructor(content: Content) {
    this.#content = content;
  }

  open(): MemoryStore {
    return new Memory(this.#content);
  }

  async load(names: readonly string[], options: { readonly signal?: AbortSignal } = {}): Promise<ReadonlyMap<string, LocalRecord>> {
    this.#enter(options.signal);
    checkNames(names);
    const found = new Map<string, LocalRecord>();
    for (const name of names) {
      const stored = this.#content.records.get(name);
      if (stored) found.set(name, localRecord(name, stored.bytes, stored.revision));
    }
    return found;
  }

  async scan(
    prefix: string,
    options: { readonly after?: string; readonly limit: number; readonly signal?: AbortSignal },
  ): Promise<readonly LocalRecord[]> {
    this.#enter(options.signal);
    checkScan(prefix, options);
    const { after = "", limit } = options;
    const names = [...this.#content.records.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
    return names.slice(0, limit).map((name) => {
      const { bytes, revision } = this.#content.records.get(name) as Stored;
      return localRecord(name, bytes, revision);
    });
  }

  async commit(batch: LocalBatch, options: CommitOptions = {}): Promise<CommitResult> {
    this.#enter(options.signal);
    checkBatch(batch);
    for (const [name, revision] of batch.expected) {
      if ((this.#content.records.get(name)?.revision ?? null) !== revision) return { kind: "conflict" };
    }
    const revision = ++this.#content.revision;
    for (const [name, bytes] of batch.put) this.#content.records.set(name, { bytes: ownBytes(bytes), revision });
    for (const name of batch.remove) this.#content.records.delete(name);
    return { kind: "committed" };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** Stored bytes are never changed in place, so the maps may share them. */
  snapshot(): MemorySnapshot {
    return { records: new Map(this.#content.records), revision: this.#content.revision };
  }

  #enter(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.#closed) throw closedError();
  }
}
