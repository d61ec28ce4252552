import { type CipherSuite, type Clock, encodeBase32, erase, type Random } from "@cweb/crypto";
import type { LocalRecord, LocalStore, Revision } from "@cweb/storage-local";
import { decodeHome } from "./core/home.ts";
import { applyIntents } from "./core/outbox.ts";
import { type Home, homeCodec, names, recordsOf } from "./core/records.ts";
import { MailboxError } from "./mailbox-error.ts";
import { defaultScanLimit, NotLoaded, type Scan, StepTransaction, scanKey } from "./step-transaction.ts";
import type { Transaction, TransactionRequest } from "./transaction.ts";

export interface Cancellable {
  readonly signal?: AbortSignal;
}

/** So many conflicts in a row mean that something is wrong, not that others are busy. */
const maxAttempts = 200;
const pageSize = 512;

interface Loaded {
  readonly records: Map<string, LocalRecord | undefined>;
  readonly scans: Map<string, readonly LocalRecord[]>;
}

type Changes = ReadonlyMap<string, Uint8Array | null>;

export interface LedgerPorts {
  readonly local: LocalStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CipherSuite;
  readonly process?: { readonly name: string };
}

/** Steps over local records: load, run, commit in one batch, run again on conflict, erase. One step at a time in a process. */
export class Ledger {
  readonly local: LocalStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Names this process in the lease and in what it uploads. */
  readonly process: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(ports: LedgerPorts) {
    this.local = ports.local;
    this.clock = ports.clock;
    this.random = ports.random;
    const unique = encodeBase32(ports.random.bytes(10));
    this.process = ports.process ? `${unique}@${ports.process.name}` : unique;
  }

  async home({ signal }: Cancellable = {}): Promise<Home> {
    const found = await this.local.load([names.home], cancel(signal));
    return decodeHome(found.get(names.home)?.bytes);
  }

  /** All records of a prefix, page by page: not from one snapshot. */
  async scanAll(prefix: string, { signal }: Cancellable = {}): Promise<readonly LocalRecord[]> {
    const all: LocalRecord[] = [];
    for (let after: string | undefined; ; after = all.at(-1)?.name) {
      const page = await this.local.scan(prefix, { limit: pageSize, ...(after === undefined ? {} : { after }), ...cancel(signal) });
      all.push(...page);
      if (page.length < pageSize) return all;
    }
  }

  /** A step of a protocol. */
  transact<T>(request: TransactionRequest, step: (tx: Transaction) => T, { signal }: Cancellable = {}): Promise<T> {
    return this.#serially(() => this.#untilCommitted(() => this.#attempt(request, step, signal), signal));
  }

  /**
   * A step of this package over its own records: those named, and all of `prefix`. `change` answers what to put (`null`: remove).
   * What it has seen must not have changed at the commit.
   */
  amend<T>(
    read: readonly string[],
    change: (records: ReadonlyMap<string, Uint8Array>) => { readonly put?: Changes; readonly result: T },
    { signal, prefix }: Cancellable & { readonly prefix?: string } = {},
  ): Promise<T> {
    return this.#serially(() =>
      this.#untilCommitted(async () => {
        const found = new Map(await this.local.load(read, cancel(signal)));
        const scanned = prefix === undefined ? [] : await this.scanAll(prefix, cancel(signal));
        for (const record of scanned) found.set(record.name, record);
        const { put, result } = change(new Map([...found].map(([name, record]) => [name, record.bytes])));
        if (!put || put.size === 0) return { done: true, result };
        return { done: await this.#commit([...read, ...scanned.map(({ name }) => name)], found, put, signal), result };
      }, signal),
    );
  }

  /** Likewise over the home alone; the same home answered means no change. */
  amendHome(change: (home: Home) => Home, options: Cancellable = {}): Promise<Home> {
    return this.amend(
      [names.home],
      (records) => {
        const before = decodeHome(records.get(names.home));
        const home = change(before);
        return home === before ? { result: home } : { put: new Map([[names.home, homeCodec.encode(home)]]), result: home };
      },
      options,
    );
  }

  #serially<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #untilCommitted<T>(
    attempt: () => Promise<{ readonly done: boolean; readonly result: T }>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    for (let n = 0; n < maxAttempts; n++) {
      signal?.throwIfAborted();
      const { done, result } = await attempt();
      if (done) return result;
    }
    throw new MailboxError("conflict", "other processes changed the same records again and again; try again", { retryable: true });
  }

  async #attempt<T>(
    request: TransactionRequest,
    step: (tx: Transaction) => T,
    signal: AbortSignal | undefined,
  ): Promise<{ done: boolean; result: T }> {
    const loaded: Loaded = { records: new Map(), scans: new Map() };
    await this.#loadRecords(loaded, [names.home, ...(request.read ?? [])], signal);
    for (const scan of request.scan ?? []) await this.#loadScan(loaded, scan, signal);
    for (;;) {
      const home = decodeHome(loaded.records.get(names.home)?.bytes);
      const tx = new StepTransaction({ home, ...loaded }, this.clock.now(), this.random);
      try {
        const result = step(tx);
        const done = await this.#commitStep(tx, home, loaded, signal);
        if (done) erase(...tx.consumed);
        return { done, result };
      } catch (error) {
        if (!(error instanceof NotLoaded)) {
          // Another process committed between two of our loads: what the step saw never stood side by side.
          if (await this.#isStale(loaded, signal)) return { done: false, result: undefined as T };
          throw error;
        }
        if ("name" in error.wanted) await this.#loadRecords(loaded, [error.wanted.name], signal);
        else await this.#loadScan(loaded, error.wanted.scan, signal);
      }
    }
  }

  async #isStale({ records, scans }: Loaded, signal: AbortSignal | undefined): Promise<boolean> {
    const seen = new Map([...scans.values()].flat().map((record): [string, LocalRecord | undefined] => [record.name, record]));
    for (const [name, record] of records) seen.set(name, record);
    const now = await this.local.load([...seen.keys()], cancel(signal));
    return [...seen].some(([name, record]) => now.get(name)?.revision !== record?.revision);
  }

  async #loadRecords(loaded: Loaded, wanted: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const found = await this.local.load(wanted, cancel(signal));
    for (const name of wanted) loaded.records.set(name, found.get(name));
  }

  async #loadScan(loaded: Loaded, scan: Scan, signal: AbortSignal | undefined): Promise<void> {
    const { prefix, after, limit = defaultScanLimit } = scan;
    const found = await this.local.scan(prefix, { limit, ...(after === undefined ? {} : { after }), ...cancel(signal) });
    loaded.scans.set(scanKey(scan), found);
  }

  async #commitStep(tx: StepTransaction, before: Home, loaded: Loaded, signal: AbortSignal | undefined): Promise<boolean> {
    const touched = [...new Set(tx.intents.flatMap(({ path }) => recordsOf(path)))];
    const objects = touched.length > 0 ? await this.local.load(touched, cancel(signal)) : new Map<string, LocalRecord>();
    const home = tx.intents.length > 0 ? { ...tx.home, commit: tx.home.commit + 1 } : tx.home;
    const context = { commit: home.commit, incarnation: home.incarnation, now: tx.now, process: this.process };
    const changes = new Map([...tx.changed, ...applyIntents(tx.intents, objects, context)]);
    if (home !== before) changes.set(names.home, homeCodec.encode(home));
    if (changes.size === 0) return true;
    const known = new Map<string, LocalRecord | undefined>();
    for (const record of [...loaded.scans.values()].flat()) known.set(record.name, record);
    for (const [name, record] of [...loaded.records, ...objects]) known.set(name, record);
    const guarded = [...known.keys(), ...touched].filter((name) => name !== names.home || home !== before || tx.dependsOnHome);
    return this.#commit(guarded, known, changes, signal);
  }

  async #commit(
    guarded: readonly string[],
    found: ReadonlyMap<string, LocalRecord | undefined>,
    changes: Changes,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const expected = new Map<string, Revision | null>(guarded.map((name) => [name, found.get(name)?.revision ?? null]));
    const put = new Map<string, Uint8Array>();
    const remove = new Set<string>();
    for (const [name, bytes] of changes) {
      if (bytes) put.set(name, bytes);
      else remove.add(name);
    }
    const { kind } = await this.local.commit({ expected, put, remove }, cancel(signal));
    return kind === "committed";
  }
}

/** `exactOptionalPropertyTypes`: an absent signal is no property at all. */
export function cancel(signal: AbortSignal | undefined): Cancellable {
  return signal ? { signal } : {};
}
