import { equal } from "@cweb/crypto";
import type { LocalRecord } from "@cweb/storage-local";
import type { Path, RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import type { BeaconKeeper } from "./beacon-keeper.ts";
import type { Agenda, Deleting, Storing } from "./core/agenda.ts";
import { decodeLease, latePutWindow, readAgainLater } from "./core/lease.ts";
import { maxObjectBytes } from "./core/outbox.ts";
import { deletionCodec, leaseCodec, mutableCodec, names, pathIn, prefixes, storeCodec } from "./core/records.ts";
import type { LeaseHolder } from "./lease-holder.ts";
import { type Cancellable, cancel, type Ledger } from "./ledger.ts";
import { done, type Outcome, report, type Stored, settled, worst } from "./outcome.ts";
import { readOwn } from "./read-own.ts";
import { lateDeletion } from "./uploader.ts";

const deletionsAtOnce = 8;

/** Reads the version out of a mutable object's bytes; `undefined` for bytes that this home did not write. */
export type VersionReader = (bytes: Uint8Array) => number | undefined;

export interface KeeperParts {
  readonly ledger: Ledger;
  readonly lease: LeaseHolder;
  readonly beacon: BeaconKeeper;
  readonly reader: RemoteReader;
  readonly writer: RemoteWriter;
}

/** What only the holder of the lease does: beacon, mutable objects, deletions (SPEC §3.2, §3.3, §6). */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #versions = new Map<Path, VersionReader>();
  readonly #checkedVersions = new Set<Path>();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Before this process's first PUT to `path` a higher version found there means that an old state was restored. */
  guard(path: Path, version: VersionReader): void {
    this.#versions.set(path, version);
  }

  /** Does what is due, in the order of the agenda. For the holder of the lease; throws `LeaseLost` as soon as it is not. */
  async work(agenda: Agenda, stored: Stored[], { signal }: Cancellable = {}): Promise<Outcome> {
    if (agenda.verify) {
      const verified = await this.#verify(signal);
      if (verified.kind !== "done") return verified;
    }
    if (agenda.beacon) await this.#parts.beacon.publish(cancel(signal));
    for (const one of agenda.stores) {
      const outcome = await this.#store(one, stored, signal);
      if (outcome.kind !== "done") return outcome;
    }
    for (let start = 0; start < agenda.deletions.length; start += deletionsAtOnce) {
      const outcome = await this.#delete(agenda.deletions.slice(start, start + deletionsAtOnce), signal);
      if (outcome.kind !== "done") return outcome;
    }
    return done;
  }

  async #store({ path, store }: Storing, stored: Stored[], signal: AbortSignal | undefined): Promise<Outcome> {
    const { ledger, lease, writer } = this.#parts;
    await lease.renew(cancel(signal));
    const records = await ledger.local.load([names.content(path), names.mutable(path)], cancel(signal));
    const content = records.get(names.content(path))?.bytes;
    const head = records.get(names.mutable(path))?.bytes;
    if (!content || !head) return done;
    const newer = await this.#newerVersion(path, content, store.isRepair, signal);
    if (newer !== undefined) return { kind: "rolled-back", evidence: { tick: newer } };
    lease.assertHeld();
    try {
      await writer.write(path, content, cancel(signal));
    } catch (cause) {
      await lease.readAgainLater();
      throw cause;
    }
    if (await this.#markStored(path, head, store.commit, signal)) stored.push(report(path, store.tag));
    return done;
  }

  /** The version in the bucket where another state of this home has stored it; looked at once a process (SPEC §5.3). */
  async #newerVersion(path: Path, content: Uint8Array, isRepair: boolean, signal: AbortSignal | undefined): Promise<number | undefined> {
    const version = this.#versions.get(path);
    if (!version || this.#checkedVersions.has(path)) return undefined;
    const found = await readOwn(this.#parts.reader, path, maxObjectBytes, signal);
    const own = version(content) ?? 0;
    const theirs = found && version(found);
    // The same version with other bytes is another state's, unless these bytes were there before and were damaged.
    const isForeign = found && theirs !== undefined && (theirs > own || (theirs === own && !isRepair && !equal(found, content)));
    if (!isForeign) this.#checkedVersions.add(path);
    return isForeign ? theirs : undefined;
  }

  /** What completes without the lease is not known to be stored: the holder stores it again (SPEC §3.2). Answers whether it is. */
  #markStored(path: Path, head: Uint8Array, commit: number, signal: AbortSignal | undefined): Promise<boolean> {
    const { ledger, lease } = this.#parts;
    const { deletion, mutable, store } = { deletion: names.deletion(path), mutable: names.mutable(path), store: names.store(path) };
    return ledger.amend(
      [names.lease, mutable, store, deletion],
      (records) => {
        const newest = records.get(mutable);
        if (!newest) return { put: new Map([[deletion, lateDeletion(commit)]]), result: false };
        if (!lease.isHeldIn(records.get(names.lease))) return { put: new Map([[store, storeAgain(newest)]]), result: false };
        const waiting = records.get(store);
        if (!equal(newest, head) || !waiting) return { result: false };
        const put = new Map<string, Uint8Array | null>([[store, null]]);
        if (storeCodec.decode(waiting).readAgain) {
          const now = ledger.clock.now();
          put.set(names.lease, leaseCodec.encode(readAgainLater(decodeLease(records.get(names.lease), now), now)));
        }
        return { put, result: true };
      },
      cancel(signal),
    );
  }

  /** Reads beacon and mutable objects again; what differs is noted to be stored again. */
  async #verify(signal: AbortSignal | undefined): Promise<Outcome> {
    const { ledger, lease, beacon } = this.#parts;
    await lease.renew(cancel(signal));
    const verdict = await beacon.check(cancel(signal));
    if (verdict.kind === "rolled-back") return { kind: "rolled-back", evidence: { foreign: verdict } };
    const { incarnation } = await ledger.home(cancel(signal));
    for (const head of await ledger.scanAll(prefixes.mutable, cancel(signal))) {
      if (mutableCodec.decode(head.bytes).incarnation !== incarnation) continue;
      await lease.renew(cancel(signal));
      const outcome = await this.#verifyOne(head, signal);
      if (outcome.kind !== "done") return outcome;
    }
    await lease.checked(cancel(signal));
    return done;
  }

  async #verifyOne({ name, bytes: head }: LocalRecord, signal: AbortSignal | undefined): Promise<Outcome> {
    const { ledger, reader } = this.#parts;
    const path = pathIn(name, prefixes.mutable);
    const records = await ledger.local.load([names.content(path), names.store(path)], cancel(signal));
    const content = records.get(names.content(path))?.bytes;
    if (!content || records.has(names.store(path))) return done;
    const found = await readOwn(reader, path, maxObjectBytes, signal);
    if (found && equal(found, content)) return done;
    const version = this.#versions.get(path);
    const theirs = found && version?.(found);
    if (theirs !== undefined && theirs > (version?.(content) ?? 0)) return { kind: "rolled-back", evidence: { tick: theirs } };
    await ledger.amend(
      [name, names.store(path)],
      (now) => {
        const unchanged = now.get(name);
        const isStale = unchanged && equal(unchanged, head) && !now.has(names.store(path));
        return { put: isStale ? new Map([[names.store(path), storeAgain(head)]]) : new Map(), result: undefined };
      },
      cancel(signal),
    );
    return done;
  }

  async #delete(batch: readonly Deleting[], signal: AbortSignal | undefined): Promise<Outcome> {
    const { ledger, lease, writer } = this.#parts;
    await lease.renew(cancel(signal));
    const outcomes = await settled(batch.map(({ path }) => writer.remove(path, cancel(signal)).then(() => done)));
    const gone = batch.filter((_, i) => outcomes[i]?.kind === "done");
    await ledger.amend(
      gone.map(({ path }) => names.deletion(path)),
      (records) => {
        const put = new Map<string, Uint8Array | null>();
        for (const { path, deletion } of gone) {
          const name = names.deletion(path);
          const now = records.get(name);
          // One that was queued anew meanwhile begins from its beginning.
          if (!now || !equal(now, deletionCodec.encode(deletion))) continue;
          const remaining = deletion.remaining - 1;
          const next = { ...deletion, remaining, notBefore: ledger.clock.now() + latePutWindow };
          put.set(name, remaining > 0 ? deletionCodec.encode(next) : null);
        }
        return { put, result: undefined };
      },
      cancel(signal),
    );
    return worst(outcomes);
  }
}

/** A repair: nobody waits for its report. */
function storeAgain(head: Uint8Array): Uint8Array {
  const { commit, incarnation } = mutableCodec.decode(head);
  return storeCodec.encode({ commit, incarnation, beaconFirst: false, tag: null, readAgain: false, isRepair: true });
}
