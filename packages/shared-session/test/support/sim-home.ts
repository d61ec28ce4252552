import { type CipherSuite, concat, type KeyPair, secret } from "@cweb/crypto";
import { type CwebId, encodeCard } from "@cweb/discovery";
import type { InboxEvent, Transaction } from "@cweb/mailbox";
import { createKindRegistry } from "@cweb/session";
import type { Path } from "@cweb/storage-remote";
import { type Epoch, idOfKeys } from "../../src/core/epoch.ts";
import { type EpochId, memberBytes } from "../../src/core/ids.ts";
import { letterCodec } from "../../src/core/room-head-codec.ts";
import { RecordMemo } from "../../src/record-memo.ts";
import type { RoomTools } from "../../src/room-draft.ts";
import { type RoomEvent, type RoomEventKind, roomEventCodec } from "../../src/wire/event.ts";
import { roomKinds } from "../../src/wire/kinds.ts";
import type { CountedRandom } from "./stub-suite.ts";

/** What a home wants of its bucket, in order. */
export interface Upload {
  readonly op: "publish" | "replace" | "withdraw";
  readonly path: Path;
  readonly bytes: Uint8Array;
  readonly tag: string;
}

export interface HomeSnapshot {
  readonly records: ReadonlyMap<string, Uint8Array>;
  readonly outbox: readonly Upload[];
}

export interface HomeState extends HomeSnapshot {
  readonly incarnation: number;
  readonly isEvil: boolean;
  readonly heard: ReadonlySet<string>;
  readonly drawn: number;
  readonly told: number;
  readonly lastTick: number;
}

export type Told = RoomEvent & { readonly type: RoomEventKind };

/** One home without a network: records, an outbox, an inbox. Steps run on it at once and whole. */
export class SimHome {
  readonly index: number;
  readonly tools: RoomTools;
  readonly card: string;
  readonly random: CountedRandom;
  records: Map<string, Uint8Array> = new Map();
  outbox: Upload[] = [];
  incarnation = 1;
  readonly told: Told[] = [];
  heard: Set<string> = new Set();
  /** Removed, and still writing. */
  isEvil = false;
  #lastTick = 0;
  readonly #now: () => number;
  readonly #onTold: (home: SimHome, event: Told) => void;

  constructor(
    index: number,
    options: {
      crypto: CipherSuite;
      random: CountedRandom;
      now: () => number;
      epochs: Map<EpochId, Epoch>;
      told: (home: SimHome, event: Told) => void;
    },
  ) {
    const { crypto, random } = options;
    this.index = index;
    this.random = random;
    this.#now = options.now;
    this.#onTold = options.told;
    const signing = random.bytes(32);
    const privateKey = secret(random.bytes(32));
    const agreement: KeyPair = {
      privateKey,
      publicKey: crypto.provider === "stub" ? crypto.ed25519.publicKey(privateKey) : crypto.x25519.publicKey(privateKey),
    };
    const idKeys = concat(crypto.ed25519.publicKey(signing), agreement.publicKey, random.bytes(32));
    const id = idOfKeys(crypto, idKeys);
    const seed = random.bytes(32);
    const adminSeed = (context: Uint8Array): ReturnType<typeof secret> => crypto.derive(seed, "ss/osk", context, 32);
    const own = { id, idBytes: memberBytes(id), idKeys, agreement, adminSeed };
    this.card = encodeCard({ idBytes: own.idBytes, profile: Uint8Array.of(index), minSeq: 0 });
    const kinds = createKindRegistry(Object.values(roomKinds));
    this.tools = { crypto, own, kinds, canReach: () => true, epochs: options.epochs, memo: new RecordMemo() };
  }

  get id(): CwebId {
    return this.tools.own.id;
  }

  step<T>(run: (tx: Transaction) => T): T {
    const changed = new Map<string, Uint8Array | null>();
    const uploads: Upload[] = [];
    const events: InboxEvent[] = [];
    const now = this.#now();
    let tick = this.#lastTick;
    const tx: Transaction = {
      now,
      confirmedNow: now,
      incarnation: this.incarnation,
      random: this.random,
      tick: () => {
        tick = Math.max(now, tick) + 1;
        return tick;
      },
      get: (name) => (changed.has(name) ? (changed.get(name) ?? undefined) : this.records.get(name)),
      scan: (prefix, { after = "", limit = 1000 } = {}) =>
        [...this.records]
          .filter(([name]) => name.startsWith(prefix) && name > after)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .slice(0, limit)
          .map(([name, bytes]) => ({ name, bytes })),
      put: (name, bytes) => void changed.set(name, bytes),
      remove: (name) => void changed.set(name, null),
      publish: (path, bytes, { tag = "" } = {}) => void uploads.push({ op: "publish", path, bytes, tag }),
      replace: (path, bytes) => void uploads.push({ op: "replace", path, bytes, tag: "" }),
      withdraw: (path) => void uploads.push({ op: "withdraw", path, bytes: new Uint8Array(), tag: "" }),
      waiting: () => new Set(),
      deliver: (event) => void events.push(event),
      consume: () => undefined,
    };
    const result = run(tx);
    this.#lastTick = tick;
    for (const [name, bytes] of changed) {
      if (bytes) this.records.set(name, bytes);
      else this.records.delete(name);
    }
    this.outbox.push(...uploads);
    for (const { kind, body } of events) {
      const event = { type: kind as RoomEventKind, ...roomEventCodec.decode(body) };
      this.told.push(event);
      this.#onTold(this, event);
    }
    return result;
  }

  /** Letters that wait for the session with their receiver, taken out. */
  takeLetters(limit: number): readonly ReturnType<typeof letterCodec.decode>[] {
    const names = [...this.records.keys()].filter((name) => name.includes("/letter/")).sort();
    return names.slice(0, limit).map((name) => {
      const letter = letterCodec.decode(this.records.get(name) as Uint8Array);
      this.records.delete(name);
      return letter;
    });
  }

  snapshot(): HomeSnapshot {
    return { records: new Map(this.records), outbox: [...this.outbox] };
  }

  /** Everything, to come back to. */
  save(): HomeState {
    const state = this.snapshot();
    const { incarnation, isEvil, random, told } = this;
    return { ...state, incarnation, isEvil, heard: new Set(this.heard), drawn: random.count, told: told.length, lastTick: this.#lastTick };
  }

  load(state: HomeState): void {
    this.records = new Map(state.records);
    this.outbox = [...state.outbox];
    this.incarnation = state.incarnation;
    this.isEvil = state.isEvil;
    this.heard = new Set(state.heard);
    this.random.count = state.drawn;
    this.told.length = state.told;
    this.#lastTick = state.lastTick;
  }

  /** As the mailbox does: what the lost state has stored is left alone. */
  restore({ records, outbox }: HomeSnapshot, isStored: (path: Path) => boolean): void {
    this.records = new Map(records);
    this.outbox = outbox.filter(({ path }) => !isStored(path));
    this.incarnation += 1;
    this.#lastTick = Math.max(this.#lastTick, this.#now());
  }
}
