import type { CipherSuite, Clock, Random } from "@cweb/crypto";
import type { LocalStore } from "@cweb/storage-local";
import type { Path, RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import { BeaconKeeper } from "./beacon-keeper.ts";
import { type Agenda, decodeTodo, needsLease, plan } from "./core/agenda.ts";
import type { Evidence } from "./core/beacon.ts";
import { confirmClock, decodeHome } from "./core/home.ts";
import { decodeLease } from "./core/lease.ts";
import { type Home, inboxCodec, names, prefixes } from "./core/records.ts";
import { Keeper, type VersionReader } from "./keeper.ts";
import { LeaseHolder, LeaseLost } from "./lease-holder.ts";
import { type Cancellable, cancel, Ledger } from "./ledger.ts";
import type { Outcome, Stored } from "./outcome.ts";
import { isStorageFailure } from "./read-own.ts";
import type { Transaction, TransactionRequest } from "./transaction.ts";
import { Uploader } from "./uploader.ts";

export interface MailboxOptions {
  readonly local: LocalStore;
  readonly writer: RemoteWriter;
  /** Reads this home's own bucket; by signed requests, where the writer's are (`checksClock`). */
  readonly reader: RemoteReader;
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CipherSuite;
  /** Whose home this is (32 bytes), and where and under which key (32 bytes) its beacon is kept. */
  readonly home: { readonly id: Uint8Array; readonly beaconPath: Path; readonly beaconKey: Uint8Array };
  /** Set only where `proveConditionalWrites` has proved them. */
  readonly conditionalWrites?: boolean;
  /**
   * Set where one `write` of the writer may be several requests (`withRetry`, an SDK that tries again): the first may still land after
   * the last was answered. Every object is then deleted twice.
   */
  readonly repeatsWrites?: boolean;
  /** Lets the processes of a home tell which of them are gone: the lease of one that was killed is then free at once, not after 60 s. */
  readonly process?: ProcessName;
}

export interface ProcessName {
  /** Of this process, 1 to 40 characters of ASCII: such as its number and its machine. */
  readonly name: string;
  /** Whether the process with this name has ended for sure. In doubt: false. */
  isGone(name: string): boolean;
}

export interface FlushReport {
  /** The objects that this flush stored. */
  readonly stored: readonly Stored[];
  /** Whether something that is due is not done: for want of the network, or of another process's lease. Deletions that wait for their time do not count. */
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

/** Each pass does all that is due; a further one does what that made possible, or what other processes queued meanwhile. */
const maxPasses = 8;

/**
 * Everything durable between a protocol step and the bucket. A step's new state, its outgoing objects and what it
 * delivers are committed as one batch (`transact`); `flush` uploads; the inbox keeps events until they are acknowledged.
 */
export class Mailbox {
  readonly #ledger: Ledger;
  readonly #uploader: Uploader;
  readonly #lease: LeaseHolder;
  readonly #beacon: BeaconKeeper;
  readonly #keeper: Keeper;
  readonly #options: MailboxOptions;
  #checked = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: MailboxOptions) {
    this.#options = options;
    const { reader, writer, home, crypto, conditionalWrites = false, repeatsWrites = false } = options;
    const ledger = new Ledger(options);
    const lease = new LeaseHolder(ledger, options.process && ((holder) => isGone(options.process, holder)));
    const keys = { crypto, id: home.id, key: home.beaconKey };
    this.#ledger = ledger;
    this.#lease = lease;
    this.#uploader = new Uploader(ledger, { reader, writer, conditionalWrites, repeatsWrites });
    this.#beacon = new BeaconKeeper(ledger, lease, { reader, writer, path: home.beaconPath, keys });
    this.#keeper = new Keeper({ ledger, lease, beacon: this.#beacon, reader, writer });
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
   * Throws `MailboxError` (`path-in-use`, `foreign-record`, `too-large`, `conflict`, `damaged-record`) and the local store's errors.
   */
  transact<T>(request: TransactionRequest, step: (tx: Transaction) => T, { signal }: Cancellable = {}): Promise<T> {
    return this.#ledger.transact(request, step, cancel(signal));
  }

  /**
   * Before this process's first upload to `path`, a version found there that is higher than the own one, or the same with other bytes, means
   * a restored old state. Versions are TICK values; `version` answers `undefined` for bytes that this home did not write.
   */
  guard(path: Path, version: VersionReader): void {
    this.#keeper.guard(path, version);
  }

  /**
   * Asks the bucket, once a process, whether this state is the newest of its home (SPEC §5.2): one GET. If it is not, a new
   * incarnation begins and the event `own-state-restored` is delivered. Throws the storage's error where there is no answer.
   */
  begin({ signal }: Cancellable = {}): Promise<void> {
    return this.#alone(() => this.#begin(signal));
  }

  /**
   * Uploads what waits and does what is due for the own bucket. Harmless to repeat; one at a time in a process. Storage failures are
   * answered, not thrown; local ones are thrown.
   */
  flush({ signal }: Cancellable = {}): Promise<FlushReport> {
    return this.#alone(async () => {
      const stored: Stored[] = [];
      try {
        await this.#begin(signal);
        return { stored, pending: await this.#flush(stored, signal) };
      } catch (failure) {
        signal?.throwIfAborted();
        if (failure instanceof LeaseLost) return { stored, pending: true };
        if (isStorageFailure(failure)) return { stored, pending: true, failure };
        throw failure;
      } finally {
        await this.#lease.release();
      }
    });
  }

  /** Reads immutable objects back and stores those again that are absent or altered; answers these. Throws the storage's errors. */
  repair(paths: readonly Path[], { signal }: Cancellable = {}): Promise<readonly Path[]> {
    return this.#alone(async () => {
      await this.#begin(signal);
      return this.#uploader.repair(paths, cancel(signal));
    });
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
    return (await this.#ledger.scanAll(prefixes.upload, cancel(signal))).length;
  }

  async #begin(signal: AbortSignal | undefined): Promise<void> {
    if (this.#checked) return;
    const { incarnation } = await this.#ledger.home(cancel(signal));
    const verdict = await this.#beacon.check(cancel(signal));
    // First, so that a new incarnation's ticks follow the clock, and with it leave behind what the lost state ticked.
    await this.#confirmClock(await this.#ledger.home(cancel(signal)), signal);
    if (verdict.kind === "rolled-back") await this.#beacon.recover(incarnation, { foreign: verdict }, cancel(signal));
    this.#checked = true;
  }

  /** Answers whether something is left that was due. */
  async #flush(stored: Stored[], signal: AbortSignal | undefined): Promise<boolean> {
    for (let pass = 0; pass < maxPasses; pass++) {
      const { home, agenda } = await this.#look(signal);
      if (agenda.uploads.length === 0 && !needsLease(agenda)) {
        if (pass > 0) await this.#confirmClock(home, signal);
        return false;
      }
      const outcome = await this.#doSome(agenda, stored, signal);
      if (outcome === "lease-taken") return true;
      if (outcome.kind === "failed") throw outcome.cause;
      if (outcome.kind === "rolled-back") await this.#recover(home, outcome.evidence, signal);
    }
    return true;
  }

  /** Uploads need no lease, and come before what does: each later pass sees what the one before made possible. */
  async #doSome(agenda: Agenda, stored: Stored[], signal: AbortSignal | undefined): Promise<Outcome | "lease-taken"> {
    if (agenda.uploads.length > 0) return this.#uploader.upload(agenda.uploads, stored, cancel(signal));
    if (!(await this.#lease.take(cancel(signal)))) return "lease-taken";
    return this.#keeper.work(agenda, stored, cancel(signal));
  }

  /** What is due now: two local calls. */
  async #look(signal: AbortSignal | undefined): Promise<{ readonly home: Home; readonly agenda: Agenda }> {
    const records = await this.#ledger.local.load([names.home, names.lease], cancel(signal));
    const todo = decodeTodo(await this.#ledger.scanAll(prefixes.todo, cancel(signal)));
    const now = this.clock.now();
    const home = decodeHome(records.get(names.home)?.bytes);
    return { home, agenda: plan(home, decodeLease(records.get(names.lease)?.bytes, now), todo, now) };
  }

  #recover({ incarnation }: Home, evidence: Evidence, signal: AbortSignal | undefined): Promise<void> {
    return this.#beacon.recover(incarnation, evidence, cancel(signal));
  }

  /** After a success of a request that a wrong clock would have failed. */
  async #confirmClock(home: Home, signal: AbortSignal | undefined): Promise<void> {
    const now = this.clock.now();
    const { checksClock } = this.#options.writer;
    if (confirmClock(home, now, checksClock) === home) return;
    await this.#ledger.amendHome((newest) => confirmClock(newest, now, checksClock), cancel(signal));
  }

  /** Two flushes of one process side by side would each send a PUT of the same object, and only one of them would be known of. */
  #alone<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** A holder's name begins with what makes it unique; processes of other roots have no name behind it. */
function isGone(process: ProcessName | undefined, holder: string): boolean {
  const at = holder.indexOf("@");
  return at >= 0 && process !== undefined && process.isGone(holder.slice(at + 1));
}
