import { cipherSuite, equal, readUint, u64 } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { type MemorySnapshot, type MemoryStore, memoryStore } from "@cweb/storage-local/memory";
import type { Path } from "@cweb/storage-remote";
import { memoryBucket } from "@cweb/storage-remote/memory";
import { Mailbox, type Transaction } from "../../src/index.ts";
import { beaconKey, beaconPath, homeId, minute, path, signed } from "./home.ts";

/** What may happen to a home. Chains and mutable objects are the application's, as a session's and a descriptor's would be. */
export const operations = [
  "birth0",
  "send0",
  "birth1",
  "send1",
  "queue0",
  "delete0",
  "rewrite",
  "touch",
  "restart",
  "backup",
  "restore0",
  "restore1",
] as const;
export type Operation = (typeof operations)[number];

interface Chain {
  readonly birth: number;
  readonly next: number;
  readonly kept: readonly number[];
}

interface AppState {
  readonly incarnation: number;
  readonly chains: readonly (Chain | null)[];
}

const stateRecord = "app/state";
const encode = (state: AppState): Uint8Array => new TextEncoder().encode(JSON.stringify(state));

/**
 * One home, its backups, and everything that was ever sent from it. The application does what a protocol has to do: it notes the
 * incarnation with its state, and begins anew where that has changed.
 */
export class RestoredHome {
  readonly problems: string[] = [];
  restores = 0;
  readonly #clock = new VirtualClock();
  readonly #isStill: boolean;
  readonly #bucket = memoryBucket();
  readonly #random = seededRandom(1);
  readonly #sent = new Map<Path, Uint8Array>();
  readonly #backups: MemorySnapshot[] = [];
  #store: MemoryStore = memoryStore();
  #mailbox: Mailbox = this.#open();

  /** `isStill`: no time passes, so that a restored state ticks what the lost one ticked. */
  constructor(options: { readonly isStill: boolean } = { isStill: true }) {
    this.#isStill = options.isStill;
  }

  /** False where it is not possible now. */
  async run(operation: Operation): Promise<boolean> {
    const number = Number(operation.at(-1));
    if (!this.#isStill) this.#clock.advance(1000);
    if (operation === "restart") return this.#restart(this.#store);
    if (operation === "backup") return this.#backups.length < 2 && this.#backups.push(this.#store.snapshot()) > 0;
    if (operation.startsWith("restore")) {
      const from = this.#backups[number];
      if (!from || this.restores === 2) return false;
      this.restores++;
      return this.#restart(memoryStore({ from }));
    }
    const isPossible = await this.#mailbox.transact({ read: [stateRecord] }, (tx) => this.#step(tx, operation, number));
    if (!isPossible) return false;
    if (operation === "delete0") this.#clock.advance(11 * minute);
    // What waits in the outbox when a backup is made is another case.
    if (operation !== "queue0") await this.#mailbox.flush();
    return true;
  }

  /** How often a restored state was reported to whatever state lives now. */
  async alarms(): Promise<number> {
    return (await this.#mailbox.takeInbox({ limit: 100 })).filter(({ kind }) => kind === "own-state-restored").length;
  }

  #step(tx: Transaction, operation: Operation, number: number): boolean {
    const known = tx.get(stateRecord);
    const before: AppState = known ? JSON.parse(new TextDecoder().decode(known)) : { incarnation: tx.incarnation, chains: [null, null] };
    const state = before.incarnation === tx.incarnation ? before : { incarnation: tx.incarnation, chains: [null, null] };
    const put = (chain: Chain): boolean => {
      tx.put(stateRecord, encode({ ...state, chains: state.chains.map((old, i) => (i === number ? chain : old)) }));
      return true;
    };
    if (operation === "rewrite" || operation === "touch") {
      tx.put(stateRecord, encode(state));
      const isGuarded = operation === "touch";
      tx.replace(path(isGuarded ? "m-guarded" : "m-behind-beacon"), this.#versioned(tx), isGuarded ? {} : { beaconFirst: true });
      return true;
    }
    const chain = state.chains[number];
    if (operation.startsWith("birth")) {
      if (chain) return false;
      const birth = tx.tick();
      tx.publish(name(state, number, 0), tx.random.bytes(8), { beaconFirst: true, chain: `${birth}` });
      return put({ birth, next: 1, kept: [0] });
    }
    if (!chain) return false;
    if (operation === "delete0") {
      const [oldest, ...kept] = chain.kept;
      if (oldest === undefined) return false;
      tx.withdraw(name(state, number, oldest));
      return put({ ...chain, kept });
    }
    tx.publish(name(state, number, chain.next), tx.random.bytes(8), { chain: `${chain.birth}` });
    return put({ ...chain, next: chain.next + 1, kept: [...chain.kept, chain.next] });
  }

  #versioned(tx: Transaction): Uint8Array {
    return new Uint8Array([...u64(tx.tick()), ...tx.random.bytes(8)]);
  }

  #restart(store: MemoryStore): true {
    this.#store = store;
    this.#mailbox = this.#open();
    return true;
  }

  #open(): Mailbox {
    const mailbox = new Mailbox({
      local: this.#store,
      reader: this.#bucket.reader,
      writer: signed({
        checksClock: true,
        write: (to, bytes) => {
          this.#watch(to, bytes);
          return this.#bucket.writer.write(to, bytes);
        },
        remove: (from) => this.#bucket.writer.remove(from),
      }),
      clock: this.#clock,
      random: { bytes: (length) => this.#random.bytes(length) },
      crypto: cipherSuite,
      home: { id: homeId, beaconPath, beaconKey },
    });
    mailbox.guard(path("m-guarded"), version);

    return mailbox;
  }

  /** No name carries two contents, in whatever state of the home; no version goes back. */
  #watch(to: Path, bytes: Uint8Array): void {
    const before = this.#sent.get(to);
    this.#sent.set(to, bytes);
    if (to === beaconPath || !before || equal(before, bytes)) return;
    if (!to.startsWith("m-")) this.problems.push(`${to} was used twice`);
    else if ((version(bytes) ?? 0) <= (version(before) ?? 0)) this.problems.push(`${to} went back to version ${version(bytes)}`);
  }
}

const version = (bytes: Uint8Array): number | undefined => (bytes.length === 16 ? readUint(bytes.subarray(0, 8)) : undefined);
// The birth is not part of the name: a restored state that is not noticed would use the names of the lost one again.
const name = (state: AppState, chain: number, n: number): Path => path(`${state.incarnation}.${chain}.${n}`);
