import { equal } from "@cweb/crypto";
import type { Path, RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import { type BeaconKeys, beaconSize, judgeBeacon, sealBeacon } from "./core/beacon.ts";
import { type Home, isCovered } from "./core/home.ts";
import { freeLease, latePutWindow, releaseLease, repairInterval, takeLease } from "./core/lease.ts";
import {
  type Deletion,
  deletionCodec,
  type Lease,
  leaseCodec,
  type Mutable,
  mutableCodec,
  names,
  pathIn,
  prefixes,
} from "./core/records.ts";
import { type Cancellable, cancel, type Ledger } from "./ledger.ts";
import { maxObjectBytes, type Stored, type Uploader, type UploadOutcome } from "./uploader.ts";

/** Deletions wait for company, since each batch may cost a beacon, but not for long. */
const deletionBatch = 16;
const deletionPatience = 10 * 60_000;
const deletionsAtOnce = 8;
const pageSize = 512;

/** Reads the version out of a mutable object's bytes; `undefined` for bytes that this home did not write. */
export type VersionReader = (bytes: Uint8Array) => number | undefined;

interface Work {
  readonly needsBeacon: boolean;
  readonly mutables: readonly { readonly path: Path; readonly head: Mutable }[];
  readonly deletions: readonly { readonly path: Path; readonly deletion: Deletion }[];
  readonly verify: boolean;
}

/** What only the holder of the lease does: beacon, mutable objects, deletions (SPEC "Lease"). */
export class Keeper {
  readonly #ledger: Ledger;
  readonly #uploader: Uploader;
  readonly #reader: RemoteReader;
  readonly #writer: RemoteWriter;
  readonly #beaconPath: Path;
  readonly #keys: BeaconKeys;
  readonly #versions = new Map<Path, VersionReader>();
  readonly #checkedVersions = new Set<Path>();

  constructor(
    ledger: Ledger,
    uploader: Uploader,
    ports: { readonly reader: RemoteReader; readonly writer: RemoteWriter; readonly beaconPath: Path; readonly keys: BeaconKeys },
  ) {
    this.#ledger = ledger;
    this.#uploader = uploader;
    this.#reader = ports.reader;
    this.#writer = ports.writer;
    this.#beaconPath = ports.beaconPath;
    this.#keys = ports.keys;
  }

  /** Before this process's first PUT to `path` a higher version found there means that an old state was restored. */
  guard(path: Path, version: VersionReader): void {
    this.#versions.set(path, version);
  }

  /** Does what is due, if no other process holds the lease. Answers whether something still waits. */
  async keep(stored: Stored[], { signal }: Cancellable = {}): Promise<UploadOutcome & { readonly pending: boolean }> {
    if (!(await this.#hasWork(signal))) return { kind: "done", pending: false };
    const lease = await this.#takeLease(signal);
    if (!lease) return { kind: "done", pending: true };
    try {
      const outcome = await this.#work(await this.#due(lease, signal), stored, signal);
      return { ...outcome, pending: outcome.kind !== "done" };
    } finally {
      await this.#amendLease((held) => (held.holder === this.#ledger.process ? releaseLease(held) : undefined));
    }
  }

  async #work(work: Work, stored: Stored[], signal: AbortSignal | undefined): Promise<UploadOutcome> {
    if (work.verify) await this.#verify(signal);
    if (work.needsBeacon || work.verify) await this.#publishBeacon(signal);
    const uploaded = await this.#uploader.upload(stored, cancel(signal));
    if (uploaded.kind !== "done") return uploaded;
    for (const { path, head } of work.verify ? await this.#changedMutables(signal) : work.mutables) {
      if (!(await this.#store(path, head, stored, signal))) return { kind: "rolled-back" };
    }
    for (let start = 0; start < work.deletions.length; start += deletionsAtOnce) {
      await this.#renew(signal);
      await Promise.all(work.deletions.slice(start, start + deletionsAtOnce).map((one) => this.#remove(one.path, signal)));
    }
    return { kind: "done" };
  }

  async #hasWork(signal: AbortSignal | undefined): Promise<boolean> {
    const bytes = (await this.#ledger.local.load([names.lease], cancel(signal))).get(names.lease)?.bytes;
    const work = await this.#due(bytes ? leaseCodec.decode(bytes) : freeLease, signal);
    return work.needsBeacon || work.mutables.length > 0 || work.deletions.length > 0 || work.verify;
  }

  async #due(lease: Lease, signal: AbortSignal | undefined): Promise<Work> {
    const now = this.#ledger.clock.now();
    const home = await this.#ledger.home(cancel(signal));
    const waiting = await this.#uploader.waiting(cancel(signal));
    const mutables = await this.#changedMutables(signal);
    const isFresh = home.beacon.stored === null && home.beacon.inFlight === null;
    const verify = !isFresh && (lease.verifyAt > 0 ? now >= lease.verifyAt : now - lease.checkedAt >= repairInterval);
    const deletions = lease.verifyAt > now ? [] : await this.#dueDeletions(now, signal);
    const needsBeacon =
      waiting.some(({ pending }) => pending.beaconFirst && !isCovered(home, pending.commit)) ||
      mutables.some(({ head }) => head.beaconFirst && !isCovered(home, head.commit)) ||
      deletions.some(({ deletion }) => !isCovered(home, deletion.commit));
    return { needsBeacon, mutables, deletions, verify };
  }

  async #changedMutables(signal: AbortSignal | undefined): Promise<readonly { readonly path: Path; readonly head: Mutable }[]> {
    const records = await this.#ledger.local.scan(prefixes.mutable, { limit: 16_384, ...cancel(signal) });
    return records
      .map(({ name, bytes }) => ({ path: pathIn(name), head: mutableCodec.decode(bytes) }))
      .filter(({ head }) => head.stored !== head.revision);
  }

  async #dueDeletions(
    now: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly { readonly path: Path; readonly deletion: Deletion }[]> {
    const records = await this.#ledger.local.scan(prefixes.deletion, { limit: pageSize, ...cancel(signal) });
    const ready = records
      .map(({ name, bytes }) => ({ path: pathIn(name), deletion: deletionCodec.decode(bytes) }))
      .filter(({ deletion }) => deletion.notBefore <= now);
    const isWorthIt =
      ready.length >= deletionBatch || ready.some(({ deletion }) => now - deletion.queuedAt >= deletionPatience || deletion.queuedAt > now);
    return isWorthIt ? ready : [];
  }

  async #publishBeacon(signal: AbortSignal | undefined): Promise<void> {
    await this.#renew(signal);
    let sealed = new Uint8Array();
    let said: Home = await this.#ledger.home(cancel(signal));
    await this.#ledger.amendHome((home) => {
      said = home;
      sealed = sealBeacon(this.#keys, home, this.#ledger.random) as Uint8Array<ArrayBuffer>;
      return { home: { ...home, beacon: { ...home.beacon, inFlight: this.#keys.crypto.sha256(sealed) } }, result: undefined };
    }, cancel(signal));
    await this.#writer.write(this.#beaconPath, sealed, cancel(signal));
    const { incarnation, commit } = said;
    await this.#ledger.amendHome((home) => {
      const stored = this.#keys.crypto.sha256(sealed);
      // Another process may have published since, if the lease was lost: then its beacon counts.
      if (!home.beacon.inFlight || !equal(home.beacon.inFlight, stored)) return { home, result: undefined };
      return { home: { ...home, beacon: { incarnation, commit, stored, inFlight: null } }, result: undefined };
    }, cancel(signal));
  }

  /** Answers false where the bucket holds a higher version than this home ever made. */
  async #store(path: Path, head: Mutable, stored: Stored[], signal: AbortSignal | undefined): Promise<boolean> {
    await this.#renew(signal);
    const content = (await this.#ledger.local.load([names.content(path)], cancel(signal))).get(names.content(path))?.bytes;
    if (!content) return true;
    if (!(await this.#isNewest(path, content, signal))) return false;
    try {
      await this.#writer.write(path, content, cancel(signal));
    } catch (cause) {
      // A PUT of unknown outcome may still land, also after a later one: read it all again when it cannot any more.
      await this.#amendLease((lease) => ({ ...lease, verifyAt: this.#ledger.clock.now() + latePutWindow }));
      throw cause;
    }
    const isStored = await this.#markStored(path, head.revision, signal);
    if (isStored) stored.push(head.tag === null ? { path } : { path, tag: head.tag });
    return true;
  }

  async #isNewest(path: Path, content: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
    const version = this.#versions.get(path);
    if (!version || this.#checkedVersions.has(path)) return true;
    const found = await this.#reader.read(path, { maxBytes: maxObjectBytes, ...cancel(signal) });
    const theirs = found.kind === "found" ? version(found.bytes) : undefined;
    if (theirs !== undefined && theirs > (version(content) ?? 0)) return false;
    this.#checkedVersions.add(path);
    return true;
  }

  /** What completes without the lease only clears what is known to be stored, so that the holder stores it again. */
  #markStored(path: Path, revision: number, signal: AbortSignal | undefined): Promise<boolean> {
    return this.#ledger.amend(
      [names.lease, names.mutable(path), names.deletion(path)],
      (records) => {
        const bytes = records.get(names.mutable(path));
        if (!bytes) return { put: records.has(names.deletion(path)) ? new Map() : new Map([[names.deletion(path), late]]), result: false };
        const lease = leaseCodec.decode(records.get(names.lease) ?? leaseCodec.encode(freeLease));
        const isHolder = lease.holder === this.#ledger.process && lease.until > this.#ledger.clock.now();
        const head = { ...mutableCodec.decode(bytes), stored: isHolder ? revision : 0 };
        return { put: new Map([[names.mutable(path), mutableCodec.encode(head)]]), result: isHolder && head.revision === revision };
      },
      cancel(signal),
    );
  }

  /** Reads the beacon and all mutable objects again; what differs is marked to be stored again. */
  async #verify(signal: AbortSignal | undefined): Promise<void> {
    const records = await this.#ledger.local.scan(prefixes.mutable, { limit: 16_384, ...cancel(signal) });
    for (const { name } of records) {
      const path = pathIn(name);
      const content = (await this.#ledger.local.load([names.content(path)], cancel(signal))).get(names.content(path))?.bytes;
      const found = await this.#reader.read(path, { maxBytes: maxObjectBytes, ...cancel(signal) });
      if (content && found.kind === "found" && equal(found.bytes, content)) continue;
      await this.#ledger.amend(
        [name],
        (now) => {
          const bytes = now.get(name);
          return {
            put: bytes ? new Map([[name, mutableCodec.encode({ ...mutableCodec.decode(bytes), stored: 0 })]]) : new Map(),
            result: undefined,
          };
        },
        cancel(signal),
      );
    }
    const checkedAt = this.#ledger.clock.now();
    await this.#amendLease((lease) => ({ ...lease, checkedAt, verifyAt: lease.verifyAt > checkedAt ? lease.verifyAt : 0 }));
  }

  async #remove(path: Path, signal: AbortSignal | undefined): Promise<void> {
    await this.#writer.remove(path, cancel(signal));
    await this.#ledger.amend(
      [names.deletion(path)],
      (records) => {
        const bytes = records.get(names.deletion(path));
        if (!bytes) return { result: undefined };
        const deletion = deletionCodec.decode(bytes);
        const rest = { ...deletion, remaining: deletion.remaining - 1, notBefore: this.#ledger.clock.now() + latePutWindow };
        return { put: new Map([[names.deletion(path), rest.remaining > 0 ? deletionCodec.encode(rest) : null]]), result: undefined };
      },
      cancel(signal),
    );
  }

  #takeLease(signal: AbortSignal | undefined): Promise<Lease | undefined> {
    return this.#amendLease((lease) => takeLease(lease, this.#ledger.process, this.#ledger.clock.now()), signal);
  }

  async #renew(signal: AbortSignal | undefined): Promise<void> {
    await this.#takeLease(signal);
  }

  #amendLease(change: (lease: Lease) => Lease | undefined, signal?: AbortSignal): Promise<Lease | undefined> {
    return this.#ledger.amend(
      [names.lease],
      (records) => {
        const bytes = records.get(names.lease);
        const lease = change(bytes ? leaseCodec.decode(bytes) : freeLease);
        return { put: lease ? new Map([[names.lease, leaseCodec.encode(lease)]]) : new Map(), result: lease };
      },
      cancel(signal),
    );
  }
}

const late = deletionCodec.encode({ commit: 0, queuedAt: 0, remaining: 2, notBefore: 0 });

/** What the bucket's beacon says, judged against a home that may have moved on meanwhile. */
export async function checkBeacon(
  ledger: Ledger,
  reader: RemoteReader,
  path: Path,
  keys: BeaconKeys,
  { signal }: Cancellable,
): Promise<ReturnType<typeof judgeBeacon>> {
  const found = await reader.read(path, { maxBytes: beaconSize, ...cancel(signal) });
  const home = await ledger.home(cancel(signal));
  return judgeBeacon(keys, home, found.kind === "found" ? found.bytes : undefined);
}
