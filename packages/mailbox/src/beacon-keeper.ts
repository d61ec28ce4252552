import { equal } from "@cweb/crypto";
import type { Path, RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import { type BeaconKeys, beaconSize, type Evidence, judgeBeacon, recover, sealBeacon, type Verdict } from "./core/beacon.ts";
import { decodeHome } from "./core/home.ts";
import { type Home, homeCodec, inboxCodec, names, pathIn, prefixes } from "./core/records.ts";
import type { LeaseHolder } from "./lease-holder.ts";
import { type Cancellable, cancel, type Ledger } from "./ledger.ts";
import { readOwn } from "./read-own.ts";

export interface BeaconPorts {
  readonly reader: RemoteReader;
  readonly writer: RemoteWriter;
  readonly path: Path;
  readonly keys: BeaconKeys;
}

interface Prepared {
  readonly sealed: Uint8Array;
  readonly isRepeated: boolean;
}

/** The beacon: stores it, judges by it whether this state is the newest of its home, and begins anew where it is not (SPEC §5). */
export class BeaconKeeper {
  readonly #ledger: Ledger;
  readonly #lease: LeaseHolder;
  readonly #ports: BeaconPorts;

  constructor(ledger: Ledger, lease: LeaseHolder, ports: BeaconPorts) {
    this.#ledger = ledger;
    this.#lease = lease;
    this.#ports = ports;
  }

  /** One GET. Notes a fault of the store, so that the beacon is stored again. */
  async check({ signal }: Cancellable = {}): Promise<Verdict> {
    const before = await this.#ledger.home(cancel(signal));
    const found = await readOwn(this.#ports.reader, this.#ports.path, beaconSize, signal);
    const { keys } = this.#ports;
    return this.#ledger.amend<Verdict>(
      [names.home],
      (records) => {
        const home = decodeHome(records.get(names.home));
        // Another process has published meanwhile, hence has judged before that; what was found may be older than what is known now.
        if (!isSameBeacon(before, home)) return { result: { kind: "current" } };
        const verdict = judgeBeacon(keys, home, found);
        const { inFlight, isDue } = home.beacon;
        const put = new Map<string, Uint8Array | null>();
        if (verdict.kind === "store-fault" && !isDue) put.set(names.home, withBeacon(home, { isDue: true }));
        if (found && inFlight && equal(inFlight.hash, keys.crypto.sha256(found))) {
          // It has landed after all: the one whose outcome nobody knew is now the one that is stored.
          put.set(names.home, withBeacon(home, { ...inFlight, incarnation: home.incarnation, stored: inFlight.hash, inFlight: null }));
          put.set(names.beacon, null);
        }
        return { put, result: verdict };
      },
      cancel(signal),
    );
  }

  /** Stores a beacon that covers all that is committed. For the holder of the lease. */
  async publish({ signal }: Cancellable = {}): Promise<void> {
    for (;;) {
      await this.#lease.renew(cancel(signal));
      const { sealed, isRepeated } = await this.#prepare(signal);
      this.#lease.assertHeld();
      try {
        await this.#ports.writer.write(this.#ports.path, sealed, cancel(signal));
      } catch (cause) {
        await this.#lease.readAgainLater();
        throw cause;
      }
      await this.#markStored(sealed, signal);
      if (!isRepeated) return;
    }
  }

  /**
   * The bytes to send, noted before they are sent. Those of an earlier PUT whose outcome nobody knows come first: with at most
   * one such beacon, this state knows every beacon of its own that can be found in the bucket.
   */
  #prepare(signal: AbortSignal | undefined): Promise<Prepared> {
    return this.#ledger.amend<Prepared>(
      [names.home, names.beacon],
      (records) => {
        const before = decodeHome(records.get(names.home));
        const waiting = records.get(names.beacon);
        if (waiting && before.beacon.inFlight) return { result: { sealed: waiting, isRepeated: true } };
        const commit = before.commit + 1;
        const sealed = sealBeacon(this.#ports.keys, { ...before, commit }, this.#ledger.random);
        const inFlight = { commit, hash: this.#ports.keys.crypto.sha256(sealed) };
        const home = { ...before, commit, beacon: { ...before.beacon, inFlight } };
        const put = new Map([
          [names.home, homeCodec.encode(home)],
          [names.beacon, sealed],
        ]);
        return { put, result: { sealed, isRepeated: false } };
      },
      cancel(signal),
    );
  }

  /**
   * As long as these bytes are the unsettled ones, nothing newer was ever sent, and they are what the bucket holds. Otherwise another process
   * has settled them and perhaps gone on, and this PUT may have landed on top: then the beacon is due again.
   */
  #markStored(sealed: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const hash = this.#ports.keys.crypto.sha256(sealed);
    return this.#ledger.amend(
      [names.home],
      (records) => {
        const before = decodeHome(records.get(names.home));
        const { inFlight, stored } = before.beacon;
        const put = new Map<string, Uint8Array | null>();
        if (inFlight && equal(inFlight.hash, hash)) {
          const { commit } = inFlight;
          put.set(names.home, withBeacon(before, { incarnation: before.incarnation, commit, stored: hash, inFlight: null, isDue: false }));
          put.set(names.beacon, null);
        } else if (!stored || !equal(stored, hash)) put.set(names.home, withBeacon(before, { isDue: true }));
        return { put, result: undefined };
      },
      cancel(signal),
    );
  }

  /**
   * A new incarnation, unless another process has begun one since `incarnation`. What the old state still wanted to upload is dropped: its
   * names and keys may have been used by the state that was lost. Protocols see the new incarnation and send their payloads again.
   */
  async recover(incarnation: number, evidence: Evidence, { signal }: Cancellable = {}): Promise<void> {
    await this.#ledger.amend(
      [names.home],
      (records) => {
        const before = decodeHome(records.get(names.home));
        if (before.incarnation !== incarnation) return { result: undefined };
        const put = new Map<string, Uint8Array | null>([[names.beacon, null]]);
        for (const name of records.keys()) {
          if (name === names.home) continue;
          const path = pathIn(name, prefixes.upload);
          for (const dropped of [name, names.immutable(path), names.content(path)]) put.set(dropped, null);
        }
        const recovered = recover(before, evidence, this.#ledger.clock.now());
        const home = { ...recovered, inboxSeq: recovered.inboxSeq + 1 };
        put.set(names.home, homeCodec.encode(home));
        put.set(names.inbox(home.inboxSeq), inboxCodec.encode({ kind: "own-state-restored", handedOut: false, body: new Uint8Array() }));
        return { put, result: undefined };
      },
      { prefix: prefixes.upload, ...cancel(signal) },
    );
  }
}

function withBeacon(home: Home, change: Partial<Home["beacon"]>): Uint8Array {
  const { incarnation, commit, stored, inFlight, isDue } = { ...home.beacon, ...change };
  return homeCodec.encode({ ...home, beacon: { incarnation, commit, stored, inFlight, isDue } });
}

function isSameBeacon({ beacon: a }: Home, { beacon: b }: Home): boolean {
  const isSame = (x: Uint8Array | null | undefined, y: Uint8Array | null | undefined): boolean => (x && y ? equal(x, y) : !x && !y);
  return isSame(a.stored, b.stored) && isSame(a.inFlight?.hash, b.inFlight?.hash);
}
