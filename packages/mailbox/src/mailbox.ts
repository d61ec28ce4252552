import type { CipherSuite, Clock, Random } from "@cweb/crypto";
import type { LocalStore } from "@cweb/storage-local";
import type { Path, RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import { type BeaconKeys, recover } from "./core/beacon.ts";
import { confirmClock, decodeHome, homeCodec } from "./core/home.ts";
import { inboxCodec, names, prefixes } from "./core/records.ts";
import { checkBeacon, Keeper, type VersionReader } from "./keeper.ts";
import { type Cancellable, cancel, Ledger } from "./ledger.ts";
import type { Transaction, TransactionRequest } from "./transaction.ts";
import { type Stored, Uploader } from "./uploader.ts";

export interface MailboxOptions {
  readonly local: LocalStore;
  readonly writer: RemoteWriter;
  /** Reads this home's own bucket. */
  readonly reader: RemoteReader;
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CipherSuite;
  /** Whose home this is (32 bytes), and where and under which key (32 bytes) its beacon is kept. */
  readonly home: { readonly id: Uint8Array; readonly beaconPath: Path; readonly beaconKey: Uint8Array };
  /** Set only where `proveConditionalWrites` has proved them. */
  readonly conditionalWrites?: boolean;
}

export interface FlushReport {
  /** The objects that this flush stored. */
  readonly stored: readonly Stored[];
  /** Whether something still waits: for the network, for another process's lease, or for its time. */
  readonly pending: boolean;
  /** Why, where it was the storage's failure. What waits is safe and goes with a later flush. */
  readonly failure?: unknown;
}

/** An event handed out by `takeInbox`. */
export interface InboxEntry {
  /** For `acknowledge`. */
  readonly seq: number;
  readonly kind: string;
  readonly body: Uint8Array;
  /** Whether it was handed out before, perhaps to a process that died. */
  readonly redelivered: boolean;
}

/**
 * Everything durable between a protocol step and the bucket. A step's new state, its outgoing objects and what it
 * delivers are committed as one batch (`transact`); `flush` uploads; the inbox keeps events until they are acknowledged.
 */
export class Mailbox {
  readonly #ledger: Ledger;
  readonly #uploader: Uploader;
  readonly #keeper: Keeper;
  readonly #options: MailboxOptions;
  readonly #keys: BeaconKeys;
  #checked = false;

  constructor(options: MailboxOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options);
    const { reader, writer, home, crypto } = options;
    this.#keys = { crypto, id: home.id, key: home.beaconKey };
    this.#uploader = new Uploader(this.#ledger, { reader, writer, conditionalWrites: options.conditionalWrites ?? false });
    this.#keeper = new Keeper(this.#ledger, this.#uploader, { reader, writer, beaconPath: home.beaconPath, keys: this.#keys });
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get random(): Random {
    return this.#options.random;
  }

  /** This home's incarnation as stored now. */
  async incarnation({ signal }: Cancellable = {}): Promise<number> {
    return (await this.#ledger.home(cancel(signal))).incarnation;
  }

  /** Records as they are, from one snapshot: for looking, not for deciding. */
  async load(recordNames: readonly string[], { signal }: Cancellable = {}): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = await this.#options.local.load(recordNames, cancel(signal));
    return new Map([...found].map(([name, { bytes }]) => [name, bytes]));
  }

  /** The first `limit` records of a prefix, likewise. */
  async scan(
    prefix: string,
    { after, limit, signal }: Cancellable & { readonly after?: string; readonly limit: number },
  ): Promise<readonly { readonly name: string; readonly bytes: Uint8Array }[]> {
    return this.#options.local.scan(prefix, { limit, ...(after === undefined ? {} : { after }), ...cancel(signal) });
  }

  /**
   * Runs `step` and commits all it asked for in one batch; on a conflict with another process it runs again on the new state. Answers
   * what the step answered once that is durable. What the step throws is thrown, and nothing is changed.
   * Throws `MailboxError` (`path-in-use`, `foreign-record`, `conflict`) and the local store's errors.
   */
  transact<T>(request: TransactionRequest, step: (tx: Transaction) => T, { signal }: Cancellable = {}): Promise<T> {
    return this.#ledger.transact(request, step, cancel(signal));
  }

  /** Before this process's first upload to `path`, a higher version found there than in the own bytes means a restored old state. */
  guard(path: Path, version: VersionReader): void {
    this.#keeper.guard(path, version);
  }

  /**
   * Asks the bucket, once a process, whether this state is the newest of its home (SPEC "Rolled back"): one GET. If it is not, a new
   * incarnation begins and the event `own-state-restored` is delivered. Throws the storage's error where there is no answer.
   */
  async begin({ signal }: Cancellable = {}): Promise<void> {
    if (this.#checked) return;
    const verdict = await checkBeacon(this.#ledger, this.#options.reader, this.#options.home.beaconPath, this.#keys, cancel(signal));
    if (verdict.kind === "rolled-back") await this.#recover(verdict, signal);
    if (verdict.kind === "store-fault") {
      await this.#ledger.amendHome(
        (home) => ({ home: { ...home, beacon: { ...home.beacon, stored: null } }, result: undefined }),
        cancel(signal),
      );
    }
    await this.#confirmClock(signal);
    this.#checked = true;
  }

  /**
   * Uploads what waits and does what is due for the own bucket. Harmless to repeat. Storage failures are answered, not thrown; local ones are thrown.
   */
  async flush({ signal }: Cancellable = {}): Promise<FlushReport> {
    const stored: Stored[] = [];
    try {
      await this.begin(cancel(signal));
      const pending = await this.#flushOnce(stored, signal);
      if (stored.length > 0) await this.#confirmClock(signal);
      return { stored, pending };
    } catch (failure) {
      signal?.throwIfAborted();
      if (!isStorageFailure(failure)) throw failure;
      return { stored, pending: true, failure };
    }
  }

  /** Reads immutable objects back and stores those again that are absent or altered; answers these. Throws the storage's errors. */
  async repair(paths: readonly Path[], { signal }: Cancellable = {}): Promise<readonly Path[]> {
    await this.begin(cancel(signal));
    return this.#uploader.repair(paths, cancel(signal));
  }

  /** The oldest events not yet acknowledged. They are marked as handed out before they are answered. */
  async takeInbox({ limit, signal }: Cancellable & { readonly limit: number }): Promise<readonly InboxEntry[]> {
    const found = await this.#options.local.scan(prefixes.inbox, { limit, ...cancel(signal) });
    return this.#ledger.amend(
      found.map(({ name }) => name),
      (records) => {
        const put = new Map<string, Uint8Array>();
        const result: InboxEntry[] = [];
        for (const [name, bytes] of [...records].sort(([a], [b]) => (a < b ? -1 : 1))) {
          const { kind, body, handedOut } = inboxCodec.decode(bytes);
          if (!handedOut) put.set(name, inboxCodec.encode({ kind, body, handedOut: true }));
          result.push({ seq: Number.parseInt(name.slice(prefixes.inbox.length), 16), kind, body, redelivered: handedOut });
        }
        return { put, result };
      },
      cancel(signal),
    );
  }

  /** Forgets events for good: the application has them. */
  async acknowledge(seqs: readonly number[], { signal }: Cancellable = {}): Promise<void> {
    await this.#ledger.amend(
      seqs.map(names.inbox),
      (records) => ({ put: new Map([...records.keys()].map((name) => [name, null])), result: undefined }),
      cancel(signal),
    );
  }

  /** How many immutable objects wait to be uploaded. */
  async queued({ signal }: Cancellable = {}): Promise<number> {
    return (await this.#uploader.waiting(cancel(signal))).length;
  }

  async #flushOnce(stored: Stored[], signal: AbortSignal | undefined): Promise<boolean> {
    const uploaded = await this.#uploader.upload(stored, cancel(signal));
    const outcome = uploaded.kind === "done" ? await this.#keeper.keep(stored, cancel(signal)) : { ...uploaded, pending: true };
    if (outcome.kind === "failed") throw outcome.cause;
    if (outcome.kind === "rolled-back") await this.#recover(undefined, signal);
    return outcome.pending || (await this.#uploader.waiting(cancel(signal))).length > 0;
  }

  /**
   * A new incarnation. What the old state still wanted to upload is dropped: its names and keys may have been used by the state that was
   * lost. Protocols see that their state is of another incarnation and send the payloads again.
   */
  async #recover(found: Parameters<typeof recover>[1], signal: AbortSignal | undefined): Promise<void> {
    const waiting = await this.#uploader.waiting(cancel(signal));
    const dropped = waiting.flatMap(({ path }) => [names.pending(path), names.immutable(path), names.content(path)]);
    await this.#ledger.amend(
      [names.home, ...dropped],
      (records) => {
        const put = new Map<string, Uint8Array | null>([...records.keys()].map((name) => [name, null]));
        const before = recover(decodeHome(records.get(names.home)), found, this.clock.now());
        const home = { ...before, inboxSeq: before.inboxSeq + 1 };
        put.set(names.home, homeCodec.encode(home));
        put.set(names.inbox(home.inboxSeq), inboxCodec.encode({ kind: "own-state-restored", handedOut: false, body: new Uint8Array() }));
        return { put, result: undefined };
      },
      cancel(signal),
    );
  }

  /** A success of a request that a wrong clock would have failed. */
  async #confirmClock(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#options.writer.checksClock) return;
    const now = this.clock.now();
    await this.#ledger.amendHome((home) => ({ home: confirmClock(home, now), result: undefined }), cancel(signal));
  }
}

/** The ports of storage-remote throw errors of one class; it is told by its name so that a third party's port may bring its own. */
function isStorageFailure(failure: unknown): boolean {
  return failure instanceof Error && failure.name === "StorageRemoteError";
}
