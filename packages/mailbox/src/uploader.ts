import { equal } from "@cweb/crypto";
import type { Path, RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import { isCovered } from "./core/home.ts";
import { deletionCodec, immutableCodec, names, type Pending, pathIn, pendingCodec, prefixes } from "./core/records.ts";
import { type Cancellable, cancel, type Ledger } from "./ledger.ts";

/** No object of Cweb's own is larger than a full slot. */
export const maxObjectBytes = 262_144;
const uploadsAtOnce = 8;
const pageSize = 512;

export interface Stored {
  readonly path: Path;
  readonly tag?: string;
}

interface Waiting {
  readonly path: Path;
  readonly pending: Pending;
}

/** `rolled-back`: the bucket holds other bytes under a name that this state would use for the first time. */
export type UploadOutcome = { readonly kind: "done" | "rolled-back" } | { readonly kind: "failed"; readonly cause: unknown };

/** Uploads immutable objects: any process, as often as needed, always the same bytes to the same path (SPEC "Immutable objects"). */
export class Uploader {
  readonly #ledger: Ledger;
  readonly #reader: RemoteReader;
  readonly #writer: RemoteWriter;
  readonly #conditional: boolean;
  /** Chains whose next name was found unused since this process began. */
  readonly #checkedChains = new Set<string>();

  constructor(
    ledger: Ledger,
    ports: { readonly reader: RemoteReader; readonly writer: RemoteWriter; readonly conditionalWrites: boolean },
  ) {
    this.#ledger = ledger;
    this.#reader = ports.reader;
    this.#writer = ports.writer;
    this.#conditional = ports.conditionalWrites;
  }

  /** What waits, oldest first. */
  async waiting({ signal }: Cancellable = {}): Promise<readonly Waiting[]> {
    const found: Waiting[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.#ledger.local.scan(prefixes.pending, { limit: pageSize, ...(after ? { after } : {}), ...cancel(signal) });
      for (const { name, bytes } of page) found.push({ path: pathIn(name), pending: pendingCodec.decode(bytes) });
      if (page.length < pageSize) break;
      after = page.at(-1)?.name;
    }
    return found.sort((a, b) => a.pending.commit - b.pending.commit || a.pending.index - b.pending.index);
  }

  /** Uploads all that may go now; what needs a beacon first waits until one covers it. */
  async upload(stored: Stored[], { signal }: Cancellable = {}): Promise<UploadOutcome> {
    const home = await this.#ledger.home(cancel(signal));
    const ready = (await this.waiting(cancel(signal))).filter(({ pending }) => !pending.beaconFirst || isCovered(home, pending.commit));
    for (let start = 0; start < ready.length; start += uploadsAtOnce) {
      signal?.throwIfAborted();
      const batch = ready.slice(start, start + uploadsAtOnce);
      await this.#claim(batch, signal);
      const outcomes = await Promise.all(batch.map((one) => this.#uploadOne(one, signal)));
      const done = batch.filter((_, i) => outcomes[i]?.kind === "done");
      await this.#markStored(done, signal);
      for (const { path, pending } of done) stored.push(pending.tag === null ? { path } : { path, tag: pending.tag });
      await this.#markContested(
        batch.filter((_, i) => outcomes[i]?.kind === "failed").map(({ path }) => path),
        signal,
      );
      const bad = outcomes.find(({ kind }) => kind === "rolled-back") ?? outcomes.find(({ kind }) => kind === "failed");
      if (bad) return bad;
    }
    return { kind: "done" };
  }

  /** Reads objects back and uploads those again that are absent or altered. Answers which these were (SPEC "Repair"). */
  async repair(paths: readonly Path[], { signal }: Cancellable = {}): Promise<readonly Path[]> {
    const repaired: Path[] = [];
    for (const path of paths) {
      const records = await this.#ledger.local.load([names.immutable(path), names.content(path), names.pending(path)], cancel(signal));
      const content = records.get(names.content(path))?.bytes;
      if (!content || !records.has(names.immutable(path)) || records.has(names.pending(path))) continue;
      if (await this.#isStored(path, content, signal)) continue;
      await this.#markContested([path], signal);
      await this.#writer.write(path, content, cancel(signal));
      repaired.push(path);
      await this.#queueLateDeletion(path, signal);
    }
    return repaired;
  }

  async #uploadOne({ path, pending }: Waiting, signal: AbortSignal | undefined): Promise<UploadOutcome> {
    try {
      const content = (await this.#ledger.local.load([names.content(path)], cancel(signal))).get(names.content(path))?.bytes;
      if (!content) return { kind: "done" };
      if (pending.chain !== null && !this.#checkedChains.has(pending.chain)) {
        const found = await this.#reader.read(path, { maxBytes: maxObjectBytes, ...cancel(signal) });
        if (found.kind === "found") return { kind: equal(found.bytes, content) ? "done" : "rolled-back" };
        this.#checkedChains.add(pending.chain);
      }
      const { kind } = await this.#writer.write(path, content, {
        ...(this.#conditional ? { when: "absent" as const } : {}),
        ...cancel(signal),
      });
      if (kind === "stored") return { kind: "done" };
      return { kind: (await this.#isStored(path, content, signal)) ? "done" : "rolled-back" };
    } catch (cause) {
      signal?.throwIfAborted();
      return { kind: "failed", cause };
    }
  }

  async #isStored(path: Path, content: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
    const found = await this.#reader.read(path, { maxBytes: maxObjectBytes, ...cancel(signal) });
    return found.kind === "found" && equal(found.bytes, content);
  }

  /** Before another process's object is uploaded, it is noted that two processes may be at it. */
  async #claim(batch: readonly Waiting[], signal: AbortSignal | undefined): Promise<void> {
    const foreign = batch.filter(({ pending }) => pending.uploader !== this.#ledger.process).map(({ path }) => path);
    await this.#markContested(foreign, signal);
  }

  async #markContested(paths: readonly Path[], signal: AbortSignal | undefined): Promise<void> {
    if (paths.length === 0) return;
    await this.#ledger.amend(
      paths.map(names.immutable),
      (records) => {
        const put = new Map<string, Uint8Array>();
        for (const [name, bytes] of records) {
          const head = immutableCodec.decode(bytes);
          if (!head.contested) put.set(name, immutableCodec.encode({ ...head, contested: true }));
        }
        return { put, result: undefined };
      },
      cancel(signal),
    );
  }

  async #markStored(batch: readonly Waiting[], signal: AbortSignal | undefined): Promise<void> {
    if (batch.length === 0) return;
    const read = batch.flatMap(({ path }) => [names.pending(path), names.immutable(path), names.deletion(path)]);
    await this.#ledger.amend(
      read,
      (records) => {
        const put = new Map<string, Uint8Array | null>();
        for (const { path, pending } of batch) {
          if (records.has(names.pending(path))) put.set(names.pending(path), null);
          if (!records.has(names.immutable(path)) && !records.has(names.deletion(path)))
            put.set(names.deletion(path), lateDeletion(pending.commit));
        }
        return { put, result: undefined };
      },
      cancel(signal),
    );
  }

  async #queueLateDeletion(path: Path, signal: AbortSignal | undefined): Promise<void> {
    await this.#ledger.amend(
      [names.immutable(path), names.deletion(path)],
      (records) => ({
        put: records.size > 0 ? new Map() : new Map([[names.deletion(path), lateDeletion(0)]]),
        result: undefined,
      }),
      cancel(signal),
    );
  }
}

/** For an object whose PUT was completed after its record was gone: nobody else would notice. */
function lateDeletion(commit: number): Uint8Array {
  return deletionCodec.encode({ commit, queuedAt: 0, remaining: 2, notBefore: 0 });
}
