import type { CipherSuite, KeyPair, Secret } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import type { Codec } from "@cweb/serialization";
import type { KindRegistry } from "@cweb/session";
import { type Epoch, indexOf, readEpoch } from "./core/epoch.ts";
import { type EpochId, type GroupId, toEpochId } from "./core/ids.ts";
import {
  type Chains,
  chainsCodec,
  type EpochIndex,
  type EpochRecord,
  epochRecordCodec,
  type IndexEntry,
  indexCodec,
  RecordNames,
} from "./core/records.ts";
import type { Place, RoomHead } from "./core/room-head.ts";
import { headCodec, type Letter, letterCodec } from "./core/room-head-codec.ts";
import { readDescriptor } from "./core/room-record.ts";
import type { RecordMemo } from "./record-memo.ts";
import { type RoomEvent, type RoomEventKind, roomEventCodec } from "./wire/event.ts";
import { type RoomKind, roomKinds } from "./wire/kinds.ts";

/** This home's own part in any room. */
export interface OwnMember {
  readonly id: CwebId;
  /** 32 bytes. */
  readonly idBytes: Uint8Array;
  /** edPk ‖ xPk ‖ nextIdCommit, 96 bytes. */
  readonly idKeys: Uint8Array;
  /** X25519: for vouching only. */
  readonly agreement: KeyPair;
  /** The Ed25519 seed with which this home signs descriptors: the same for the same context for ever, also after a restore. */
  adminSeed(context: Uint8Array): Secret;
}

/** What every step of a room needs beside its records. */
export interface RoomTools {
  readonly crypto: CipherSuite;
  readonly own: OwnMember;
  readonly kinds: KindRegistry;
  /** Whether letters to this member can be delivered: it is a contact. */
  canReach(tx: Transaction, member: CwebId): boolean;
  /** Epochs that were read before: they never change. */
  readonly epochs: Map<EpochId, Epoch>;
  /** Records that were decoded before. */
  readonly memo: RecordMemo;
}

/** More than are looked at again and again. */
const cachedEpochs = 64;

/**
 * One room inside one transaction: read at the beginning and where needed, changed by the functions of the `step` folder, written once at
 * the end.
 */
export class RoomDraft {
  readonly tx: Transaction;
  readonly tools: RoomTools;
  readonly names: RecordNames;
  head: RoomHead;
  readonly #before: RoomHead | null;
  readonly #records = new Map<EpochId, EpochRecord>();
  readonly #chains = new Map<EpochId, Chains>();
  readonly #indexes = new Map<EpochId, EpochIndex>();
  readonly #dirty = new Map<string, () => Uint8Array>();

  private constructor(tx: Transaction, tools: RoomTools, head: RoomHead, before: RoomHead | null) {
    this.tx = tx;
    this.tools = tools;
    this.names = new RecordNames(head.groupId);
    this.head = head;
    this.#before = before;
  }

  /** `undefined`: there is no such room. */
  static load(tx: Transaction, tools: RoomTools, groupId: GroupId): RoomDraft | undefined {
    const name = new RecordNames(groupId).head;
    const bytes = tx.get(name);
    if (!bytes) return undefined;
    const head = tools.memo.decode(name, headCodec, bytes);
    return new RoomDraft(tx, tools, head, head);
  }

  static create(tx: Transaction, tools: RoomTools, head: RoomHead): RoomDraft {
    return new RoomDraft(tx, tools, head, null);
  }

  /** Changes the head. */
  set(change: Partial<RoomHead>): void {
    this.head = { ...this.head, ...change };
  }

  get own(): CwebId {
    return this.tools.own.id;
  }

  get crypto(): CipherSuite {
    return this.tools.crypto;
  }

  get isAdmin(): boolean {
    return this.head.admin === this.own && this.head.acceptedIn !== null;
  }

  get current(): Epoch | undefined {
    return this.head.current === null ? undefined : this.epoch(this.head.current);
  }

  /** Whether this home is a member now, as far as it knows. */
  get isMember(): boolean {
    const { current } = this;
    return current !== undefined && !this.head.isEnded && indexOf(current, this.own) >= 0;
  }

  isKnown(epoch: EpochId): boolean {
    return this.head.epochs.some((known) => known.epoch === epoch);
  }

  epoch(id: EpochId): Epoch | undefined {
    const known = this.tools.epochs.get(id);
    if (known && this.isKnown(id)) return known;
    const record = this.record(id);
    return record && readDescriptor(this.crypto, record.record, (bytes) => this.readEpoch(bytes))?.epoch;
  }

  /** Reads E, or answers what was read before. */
  readEpoch(bytes: Uint8Array): Epoch | undefined {
    const known = this.tools.epochs.get(toEpochId(this.crypto.hash("ss/t", bytes)));
    const epoch = known ?? readEpoch(this.crypto, bytes);
    if (epoch && !known) this.remember(epoch);
    return epoch;
  }

  remember(epoch: Epoch): void {
    const { epochs } = this.tools;
    epochs.set(epoch.epoch, epoch);
    for (const [oldest] of epochs) if (epochs.size > cachedEpochs) epochs.delete(oldest);
  }

  /** The epoch with this e. */
  epochAt(e: number): EpochId | undefined {
    return this.head.epochs.find((known) => known.e === e)?.epoch;
  }

  record(epoch: EpochId): EpochRecord | undefined {
    if (!this.isKnown(epoch)) return undefined;
    return this.#cached(this.#records, this.names.epoch(epoch), epoch, epochRecordCodec);
  }

  setRecord(epoch: EpochId, record: EpochRecord): void {
    this.#records.set(epoch, record);
    this.#dirty.set(this.names.epoch(epoch), () =>
      this.tools.memo.encode(this.names.epoch(epoch), epochRecordCodec, this.#records.get(epoch) as EpochRecord),
    );
  }

  chains(epoch: EpochId): Chains | undefined {
    if (!this.head.chains.includes(epoch)) return undefined;
    return this.#cached(this.#chains, this.names.chains(epoch), epoch, chainsCodec);
  }

  setChains(epoch: EpochId, chains: Chains): void {
    if (!this.head.chains.includes(epoch)) this.set({ chains: [...this.head.chains, epoch] });
    this.#chains.set(epoch, chains);
    this.#dirty.set(this.names.chains(epoch), () =>
      this.tools.memo.encode(this.names.chains(epoch), chainsCodec, this.#chains.get(epoch) as Chains),
    );
  }

  dropChains(epoch: EpochId): void {
    this.set({ chains: this.head.chains.filter((one) => one !== epoch) });
    this.#chains.delete(epoch);
    this.#dirty.delete(this.names.chains(epoch));
    this.tx.remove(this.names.chains(epoch));
  }

  index(epoch: EpochId): EpochIndex {
    const found = this.#cached(this.#indexes, this.names.index(epoch), epoch, indexCodec);
    return found ?? { senders: (this.epoch(epoch)?.members ?? []).map(() => []) };
  }

  entry({ epoch, index, n }: Place): IndexEntry | undefined {
    return this.index(epoch).senders[index]?.find((entry) => entry.n === n);
  }

  /** Adds or replaces the entry of a place. */
  setEntry({ epoch, index }: Place, entry: IndexEntry): void {
    const senders = this.index(epoch).senders.map((entries, i) =>
      i === index ? [...entries.filter(({ n }) => n !== entry.n), entry].sort((a, b) => a.n - b.n) : entries,
    );
    this.#indexes.set(epoch, { senders });
    this.#dirty.set(this.names.index(epoch), () =>
      this.tools.memo.encode(this.names.index(epoch), indexCodec, this.#indexes.get(epoch) as EpochIndex),
    );
  }

  /** Forgets all that is kept of an epoch, but for its messages. */
  forget(epoch: EpochId): void {
    this.dropChains(epoch);
    this.set({ epochs: this.head.epochs.filter((known) => known.epoch !== epoch) });
    for (const name of [this.names.epoch(epoch), this.names.index(epoch)]) {
      this.#dirty.delete(name);
      this.tx.remove(name);
    }
    this.#records.delete(epoch);
    this.#indexes.delete(epoch);
  }

  /** Queues a message for the session with a member. Answers its id. */
  letter(to: CwebId, kind: RoomKind, payload: Uint8Array): Uint8Array {
    const messageId = this.tx.random.bytes(16);
    const letter: Letter = { to, kind: roomKinds[kind].number, messageId, payload };
    // What only helps waits for nobody; what must arrive waits until the shell has made the member a contact.
    const isHelp = kind === "hint" || kind === "want" || kind === "copy";
    if (to === this.own || (isHelp && !this.tools.canReach(this.tx, to))) return messageId;
    const number = this.head.letters + 1;
    this.set({ letters: number });
    this.tx.put(this.names.letter(number), letterCodec.encode(letter));
    return messageId;
  }

  report(kind: RoomEventKind, event: Partial<RoomEvent> = {}): void {
    const { groupId } = this.head;
    const none = { member: "", hash: null, lamport: 0, e: 0, n: 0, messageId: null, number: 0, sentAt: 0, detail: "" };
    this.tx.deliver({ kind, body: roomEventCodec.encode({ groupId, ...none, payload: new Uint8Array(), ...event }) });
  }

  /** Writes what has changed. */
  save(): void {
    for (const [name, encode] of this.#dirty) this.tx.put(name, encode());
    if (this.head !== this.#before) this.tx.put(this.names.head, this.tools.memo.encode(this.names.head, headCodec, this.head));
  }

  #cached<T>(cache: Map<EpochId, T>, name: string, epoch: EpochId, codec: Codec<T>): T | undefined {
    const known = cache.get(epoch);
    if (known) return known;
    const bytes = this.tx.get(name);
    if (!bytes) return undefined;
    const value = this.tools.memo.decode(name, codec, bytes);
    cache.set(epoch, value);
    return value;
  }
}
