import { equal } from "@cweb/crypto";
import type { Path, RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import type { Uploading } from "./core/agenda.ts";
import { maxObjectBytes } from "./core/outbox.ts";
import { deletionCodec, immutableCodec, names } from "./core/records.ts";
import { type Cancellable, cancel, type Ledger } from "./ledger.ts";
import { done, type Outcome, report, type Stored, settled, worst } from "./outcome.ts";
import { readOwn } from "./read-own.ts";

const uploadsAtOnce = 8;
/** What was loaded longer ago is loaded again before it is sent: this process may have been suspended, and the object deleted since. */
const loadedLast = 60_000;

interface Ready extends Uploading {
  readonly content: Uint8Array;
  readonly loadedAt: number;
}

export interface UploaderOptions {
  readonly reader: RemoteReader;
  readonly writer: RemoteWriter;
  readonly conditionalWrites: boolean;
  /** Whether one `write` may be several requests, so that a known outcome says nothing of the earlier ones. */
  readonly repeatsWrites: boolean;
}

/** Uploads immutable objects: any process, as often as needed, always the same bytes to the same path (SPEC §3.1). */
export class Uploader {
  readonly #ledger: Ledger;
  readonly #options: UploaderOptions;
  /** Chains whose next name was found unused since this process began. */
  readonly #checkedChains = new Set<string>();
  /** Objects of which this process sent a PUT and does not know how it ended. */
  readonly #unsettled = new Set<Path>();

  constructor(ledger: Ledger, options: UploaderOptions) {
    this.#ledger = ledger;
    this.#options = options;
  }

  /** Uploads in the given order, several at once, and adds what was stored to `stored`. Stops after the first failure. */
  async upload(waiting: readonly Uploading[], stored: Stored[], { signal }: Cancellable = {}): Promise<Outcome> {
    for (let start = 0; start < waiting.length; start += uploadsAtOnce) {
      signal?.throwIfAborted();
      const outcome = await this.#uploadBatch(waiting.slice(start, start + uploadsAtOnce), stored, signal);
      if (outcome.kind !== "done") return outcome;
    }
    return done;
  }

  /** Reads objects back and uploads those again that are absent or altered. Answers which these were (SPEC §3.4). */
  async repair(paths: readonly Path[], { signal }: Cancellable = {}): Promise<readonly Path[]> {
    const repaired: Path[] = [];
    for (let start = 0; start < paths.length; start += uploadsAtOnce) {
      signal?.throwIfAborted();
      const outcomes = await settled(paths.slice(start, start + uploadsAtOnce).map((path) => this.#repairOne(path, repaired, signal)));
      const failed = outcomes.find(({ kind }) => kind === "failed");
      if (failed?.kind === "failed") throw failed.cause;
    }
    return paths.filter((path) => repaired.includes(path));
  }

  async #repairOne(path: Path, repaired: Path[], signal: AbortSignal | undefined): Promise<Outcome> {
    const records = await this.#ledger.local.load([names.immutable(path), names.content(path), names.upload(path)], cancel(signal));
    const content = records.get(names.content(path))?.bytes;
    const isStored = content && records.has(names.immutable(path)) && !records.has(names.upload(path));
    if (!isStored || (await this.#find(path, content, signal)) === "same") return done;
    const [claimed] = await this.#claim([path], signal);
    if (!claimed) return done;
    await this.#options.writer.write(path, content, cancel(signal));
    repaired.push(path);
    await this.#markStored([{ path, upload: { commit: claimed.commit } }], signal);
    return done;
  }

  async #uploadBatch(batch: readonly Uploading[], stored: Stored[], signal: AbortSignal | undefined): Promise<Outcome> {
    const ready = await this.#load(await this.#claimWhereNeeded(batch, signal), signal);
    const there = new Set<Path>();
    // Nothing is sent before every chain of the batch was looked at.
    const chains = [...groupByChain(ready)];
    const checked = worst(await settled(chains.map(([chain, objects]) => this.#checkChain(chain, objects, there, signal))));
    if (checked.kind !== "done") return checked;
    const outcomes = await settled(ready.filter(({ path }) => !there.has(path)).map((one) => this.#put(one, there, signal)));
    const finished = ready.filter(({ path }) => there.has(path));
    await this.#markStored(finished, signal);
    for (const { path, upload } of finished) stored.push(report(path, upload.tag));
    return worst(outcomes);
  }

  /** What another process made or this one sent before is marked as contested before it is sent (again). */
  async #claimWhereNeeded(batch: readonly Uploading[], signal: AbortSignal | undefined): Promise<readonly Uploading[]> {
    const isDoubtful = ({ path, upload }: Uploading): boolean =>
      this.#options.repeatsWrites || upload.uploader !== this.#ledger.process || this.#unsettled.has(path);
    const doubtful = batch.filter(isDoubtful).map(({ path }) => path);
    if (doubtful.length === 0) return batch;
    const claimed = new Set((await this.#claim(doubtful, signal)).map(({ path }) => path));
    for (const path of doubtful) if (!claimed.has(path)) this.#unsettled.delete(path);
    return batch.filter((one) => claimed.has(one.path) || !isDoubtful(one));
  }

  /** Answers those that are still there: nothing else may be sent. */
  #claim(paths: readonly Path[], signal: AbortSignal | undefined): Promise<readonly { readonly path: Path; readonly commit: number }[]> {
    return this.#ledger.amend(
      paths.map(names.immutable),
      (records) => {
        const put = new Map<string, Uint8Array>();
        const claimed: { path: Path; commit: number }[] = [];
        for (const path of paths) {
          const bytes = records.get(names.immutable(path));
          if (!bytes) continue;
          const head = immutableCodec.decode(bytes);
          claimed.push({ path, commit: head.commit });
          if (!head.contested) put.set(names.immutable(path), immutableCodec.encode({ ...head, contested: true }));
        }
        return { put, result: claimed };
      },
      cancel(signal),
    );
  }

  async #load(batch: readonly Uploading[], signal: AbortSignal | undefined): Promise<readonly Ready[]> {
    if (batch.length === 0) return [];
    const wanted = batch.flatMap(({ path }) => [names.content(path), names.upload(path)]);
    const loadedAt = this.#ledger.clock.now();
    const records = await this.#ledger.local.load(wanted, cancel(signal));
    return batch.flatMap((one) => {
      const content = records.get(names.content(one.path))?.bytes;
      return content && records.has(names.upload(one.path)) ? [{ ...one, content, loadedAt }] : [];
    });
  }

  /**
   * Until a name that this process made was found unused, each name of the chain is read before it is written (SPEC §5.3): what an
   * earlier process left may have been stored by then, and says nothing about the names after it.
   */
  async #checkChain(chain: string, objects: readonly Ready[], there: Set<Path>, signal: AbortSignal | undefined): Promise<Outcome> {
    for (const { path, content, upload } of objects) {
      if (this.#checkedChains.has(chain)) break;
      const found = await this.#find(path, content, signal);
      if (found === "other") return { kind: "rolled-back", evidence: {} };
      if (found === "same") there.add(path);
      else if (upload.uploader === this.#ledger.process) this.#checkedChains.add(chain);
    }
    return done;
  }

  /** Adds it to `there` where it is stored for sure. */
  async #put({ path, content, loadedAt }: Ready, there: Set<Path>, signal: AbortSignal | undefined): Promise<Outcome> {
    if (this.#ledger.clock.now() - loadedAt > loadedLast) return done;
    const when = this.#options.conditionalWrites ? { when: "absent" as const } : {};
    this.#unsettled.add(path);
    const { kind } = await this.#options.writer.write(path, content, { ...when, ...cancel(signal) });
    // A refused write has no effect, and a stored one has had it: nothing of this request is still to come.
    this.#unsettled.delete(path);
    const found = kind === "stored" ? "same" : await this.#find(path, content, signal);
    if (found === "same") there.add(path);
    return found === "other" ? { kind: "rolled-back", evidence: {} } : done;
  }

  async #find(path: Path, content: Uint8Array, signal: AbortSignal | undefined): Promise<"same" | "other" | "nothing"> {
    const found = await readOwn(this.#options.reader, path, maxObjectBytes, signal);
    if (!found) return "nothing";
    return equal(found, content) ? "same" : "other";
  }

  /** Whoever completes a PUT and finds the object withdrawn queues its deletion again: nobody else would notice. */
  async #markStored(
    batch: readonly { readonly path: Path; readonly upload: { readonly commit: number } }[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (batch.length === 0) return;
    const read = batch.flatMap(({ path }) => [names.upload(path), names.immutable(path), names.deletion(path)]);
    await this.#ledger.amend(
      read,
      (records) => {
        const put = new Map<string, Uint8Array | null>();
        for (const { path, upload } of batch) {
          if (records.has(names.upload(path))) put.set(names.upload(path), null);
          if (!records.has(names.immutable(path))) put.set(names.deletion(path), lateDeletion(upload.commit));
        }
        return { put, result: undefined };
      },
      cancel(signal),
    );
  }
}

/** For an object whose PUT was completed after its record was gone. */
export function lateDeletion(commit: number): Uint8Array {
  return deletionCodec.encode({ commit, queuedAt: 0, remaining: 2, notBefore: 0 });
}

function groupByChain(ready: readonly Ready[]): ReadonlyMap<string, readonly Ready[]> {
  const chains = new Map<string, Ready[]>();
  for (const one of ready) {
    const { chain } = one.upload;
    if (chain !== null) chains.set(chain, [...(chains.get(chain) ?? []), one]);
  }
  return chains;
}
