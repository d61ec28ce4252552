import { type CipherSuite, equal } from "@cweb/crypto";
import { type CwebId, type Discovery, decodeId, freshness, type PeerDescriptor } from "@cweb/discovery";
import type { Mailbox, Transaction } from "@cweb/mailbox";
import { type Path, toPath } from "@cweb/storage-remote";
import { BroadcastError } from "./broadcast-error.ts";
import { acceptItems, type Carrier } from "./core/accept-items.ts";
import { slotIndex, slotPath } from "./core/layout.ts";
import { limits, slotMaxBytes, times } from "./core/limits.ts";
import { openBox } from "./core/one-off.ts";
import { openSlot } from "./core/open-slot.ts";
import type { InitEntry, OneOffBox, OneOffNumber, Opened } from "./core/opened.ts";
import { Sealer } from "./sealer.ts";
import { innerKinds, innerMessage } from "./wire/inner.ts";
import { encodeItems, itemsLength, type OneOffItem } from "./wire/items.ts";
import {
  type EntryRecord,
  entryRecord,
  noEntry,
  noSender,
  numberRecord,
  recordNames,
  type SenderRecord,
  senderRecord,
  slotsRecord,
} from "./wire/records.ts";

interface Cancellable {
  readonly signal?: AbortSignal;
}

/** Kinds of the message registry that may stand in slots: text, app, file (M2). */
const defaultKinds: readonly number[] = [2, 3, 24];

export interface BroadcastOptions {
  readonly mailbox: Pick<Mailbox, "transact" | "load" | "scan">;
  readonly discovery: Discovery;
  readonly crypto: CipherSuite;
  /** The message kinds that may stand in one-off messages; items of other kinds are refused and ignored. Default: 2, 3, 24. */
  readonly kinds?: Iterable<number>;
}

export interface BroadcastStatus {
  /** Entries that stand in the slots. */
  readonly used: number;
  /** Entries that wait because their slot has 64 already. */
  readonly queued: number;
  /** Entries of each slot, 4 to 64. */
  readonly entriesPerSlot: number;
}

/**
 * First messages to people one has no session with: sealed entries in the own bucket's slots, of which nobody can tell
 * for whom they are, and the reading of others' slots. Methods that take a `Transaction` are synchronous, for the steps
 * of the layers above.
 */
export class Broadcast {
  readonly slotMaxBytes: number = slotMaxBytes;
  readonly #mailbox: BroadcastOptions["mailbox"];
  readonly #discovery: Discovery;
  readonly #crypto: CipherSuite;
  readonly #kinds: ReadonlySet<number>;
  readonly #sealer: Sealer;

  constructor(options: BroadcastOptions) {
    this.#mailbox = options.mailbox;
    this.#discovery = options.discovery;
    this.#crypto = options.crypto;
    this.#kinds = new Set(options.kinds ?? defaultKinds);
    this.#sealer = new Sealer(options);
  }

  /** The records that a transaction reads for this recipient or sender. */
  reads(recipient: CwebId): readonly string[] {
    const { slots, entry, number, sender } = recordNames;
    const ours = [slots, entry(recipient), number(recipient), sender(recipient)];
    return [...ours, this.#discovery.contactRecord(recipient), this.#discovery.ownRecord, this.#discovery.prekeysRecord];
  }

  // --- sending ---

  /**
   * Makes this initial message the recipient's entry, in place of what was there. Answers the one-off messages that it
   * displaces: they stay listed until `dropOneOffs`. Throws `BroadcastError` `too-large` (1,754 bytes of `sealed`), `no-descriptor`.
   */
  setInit(tx: Transaction, recipient: CwebId, entry: InitEntry): readonly OneOffItem[] {
    if (entry.sealed.length > limits.sealed) {
      throw new BroadcastError("too-large", `An initial message may have at most ${limits.sealed} sealed bytes.`);
    }
    const peer = this.#peer(tx, recipient);
    const record = this.#entry(tx, recipient);
    if (record.box !== null) tx.withdraw(toPath(record.box));
    const { gen, initSeq } = entry;
    const inner = innerMessage.encode({ kind: innerKinds.init, ...entry });
    const live = { kind: innerKinds.init, inner, initSeq, gen, responderIncarnation: peer.incarnation, madeAt: tx.now };
    this.#sealer.putEntry(tx, recipient, { ...record, live, sealedTo: null, box: null });
    return record.items;
  }

  /** Takes the initial message out (this one only, if `initSeq` is given). Harmless where there is none. */
  clearInit(tx: Transaction, recipient: CwebId, initSeq?: number): void {
    const record = this.#entry(tx, recipient);
    if (record.live?.kind !== innerKinds.init || (initSeq !== undefined && record.live.initSeq !== initSeq)) return;
    this.#sealer.putEntry(tx, recipient, { ...record, live: null, sealedTo: null });
  }

  /** Forgets everything addressed to this recipient, but the number of its last one-off message. */
  removeRecipient(tx: Transaction, recipient: CwebId): void {
    const record = this.#entry(tx, recipient);
    if (record.live === null && record.items.length === 0) return;
    if (record.box !== null) tx.withdraw(toPath(record.box));
    this.#sealer.putEntry(tx, recipient, noEntry(record.recipientId));
  }

  /** What stands in the slots for this recipient. */
  liveEntry(tx: Transaction, recipient: CwebId): "init" | "oneoff" | undefined {
    const { live } = this.#entry(tx, recipient);
    if (live === null) return undefined;
    return live.kind === innerKinds.init ? "init" : "oneoff";
  }

  /** `queueOneOff` in a step of its own. Resolves when committed; `seal` and the mailbox's `flush` publish it. */
  async sendOneOff(recipient: CwebId, item: OneOffItem, cancel: Cancellable = {}): Promise<void> {
    await this.#mailbox.transact({ read: this.reads(recipient) }, (tx) => this.queueOneOff(tx, recipient, item), cancel);
  }

  /**
   * Adds a one-off message to the recipient's list. It stays listed for 28 days. A second call with the same messageId
   * changes nothing. Throws `BroadcastError` `bad-kind`, `too-large`, `no-descriptor`, or `init-live`: send through the session then.
   */
  queueOneOff(tx: Transaction, recipient: CwebId, item: OneOffItem): void {
    if (!this.#kinds.has(item.kind)) throw new BroadcastError("bad-kind", "Messages of this kind cannot be sent without a session.");
    const before = this.#entry(tx, recipient);
    if (before.items.some(({ messageId }) => equal(messageId, item.messageId))) return;
    const peer = this.#peer(tx, recipient);
    if (freshness(peer, tx.now) === "expired") {
      throw new BroadcastError("no-descriptor", "This contact has not been online for months; its keys are too old.", { retryable: true });
    }
    if (before.live?.kind === innerKinds.init) {
      throw new BroadcastError("init-live", "A session with this contact has been begun: send through it.");
    }
    const items = [...before.items.filter(({ sentAt }) => sentAt + times.oneOffLife > tx.confirmedNow), item];
    requireRoom(items);
    const number = this.#sealer.newestNumber(tx, recipient) + 1;
    const record = this.#sealer.sealItems(tx, peer, { ...before, items }, number);
    if (record === undefined) throw new BroadcastError("no-descriptor", "This contact's published keys cannot be used.");
    tx.put(recordNames.number(recipient), numberRecord.encode({ format: 1, number }));
    this.#sealer.putEntry(tx, recipient, record);
  }

  /**
   * While an initial message is live, new one-off messages go into its session: the payload of the kind 4 message that carries this one,
   * numbered after all others. It stays on the list, unseen in the slot, until `dropOneOffs`. Throws `BroadcastError` `bad-kind`, `too-large`.
   */
  payloadFor(tx: Transaction, recipient: CwebId, item: OneOffItem): Uint8Array {
    if (!this.#kinds.has(item.kind)) throw new BroadcastError("bad-kind", "Messages of this kind cannot be sent as one-offs.");
    const record = this.#entry(tx, recipient);
    const items = [...record.items.filter(({ sentAt }) => sentAt + times.oneOffLife > tx.confirmedNow), item];
    requireRoom(items);
    const number = this.#sealer.newestNumber(tx, recipient) + 1;
    // No slot changes by this: nothing is to be rewritten.
    tx.put(recordNames.entry(recipient), entryRecord.encode({ ...record, items }));
    tx.put(recordNames.number(recipient), numberRecord.encode({ format: 1, number }));
    return encodeItems({ number, items: [item] });
  }

  /** The one-off messages that are listed for this recipient, oldest first. */
  pendingOneOffs(tx: Transaction, recipient: CwebId): readonly OneOffItem[] {
    return this.#entry(tx, recipient).items;
  }

  /** The same as the payload of a kind 4 message, at most 57,344 bytes; `undefined` where none is listed. */
  oneOffPayload(tx: Transaction, recipient: CwebId): Uint8Array | undefined {
    const items = this.pendingOneOffs(tx, recipient);
    return items.length === 0 ? undefined : encodeItems({ number: this.#sealer.newestNumber(tx, recipient), items });
  }

  /** Takes messages off the list: they have arrived another way, or are given up. */
  dropOneOffs(tx: Transaction, recipient: CwebId, messageIds: readonly Uint8Array[]): void {
    const record = this.#entry(tx, recipient);
    const items = record.items.filter((item) => !messageIds.some((id) => equal(id, item.messageId)));
    if (items.length === record.items.length) return;
    const isOver = items.length === 0 && record.live?.kind === innerKinds.oneOff;
    if (isOver && record.box !== null) tx.withdraw(toPath(record.box));
    const over = isOver ? { live: null, box: null, sealedTo: null } : {};
    this.#sealer.putEntry(tx, recipient, { ...record, items, ...over });
  }

  /**
   * Rewrites all slots in one commit if an entry, the number of slots or of entries, or a recipient's key changed since
   * the last time; answers whether. Cheap when nothing did; call it each round, before the mailbox's `flush`.
   */
  async seal(cancel: Cancellable = {}): Promise<boolean> {
    const entries = await this.#mailbox.scan(recordNames.entries, { limit: limits.recipients, ...cancel });
    const contacts = entries.map(({ name }) => this.#discovery.contactRecord(name.slice(recordNames.entries.length) as CwebId));
    return this.#mailbox.transact(
      {
        read: [recordNames.slots, this.#discovery.ownRecord, ...contacts],
        scan: [{ prefix: recordNames.entries, limit: limits.recipients }],
      },
      (tx) => this.#sealer.step(tx),
      cancel,
    );
  }

  async status(cancel: Cancellable = {}): Promise<BroadcastStatus> {
    const record = (await this.#mailbox.load([recordNames.slots], cancel)).get(recordNames.slots);
    if (record === undefined) return { used: 0, queued: 0, entriesPerSlot: limits.leastEntries };
    const { used, queued, entries } = slotsRecord.decode(record);
    return { used, queued, entriesPerSlot: entries };
  }

  // --- receiving ---

  /** My slot in that peer's bucket: at most `slotMaxBytes`. */
  slotPath(peer: PeerDescriptor): Path {
    const { idBytes: ownerId, slotBits } = peer;
    return slotPath(this.#crypto, { ownerId, slotBits }, slotIndex(this.#crypto, this.#discovery.identity.idBytes, slotBits));
  }

  /** What a slot of this peer holds for me. Changes nothing; any bytes give an answer. */
  open(tx: Transaction, peer: PeerDescriptor, slot: Uint8Array): Opened {
    const { seen } = this.#sender(tx, peer.id);
    const me = {
      crypto: this.#crypto,
      id: this.#discovery.identity.idBytes,
      now: tx.now,
      prekeys: this.#discovery.prekeys(tx),
      hasSeen: (innerHash: Uint8Array) => seen.some(({ hash }) => equal(hash, innerHash)),
    };
    return openSlot(me, peer, slot);
  }

  /** The items of a box that `open` pointed to, for `acceptItems`; `undefined` for bytes that do not belong there. */
  openBox(
    _tx: Transaction,
    peer: PeerDescriptor,
    box: OneOffBox,
    bytes: Uint8Array,
  ): { readonly number: OneOffNumber; readonly items: readonly OneOffItem[] } | undefined {
    const list = openBox(this.#crypto, { sender: peer.idBytes, recipient: this.#discovery.identity.idBytes }, box.key, bytes);
    return list === undefined ? undefined : { number: { incarnation: box.incarnation, number: list.number }, items: list.items };
  }

  /**
   * The items that were not there before, and of kinds that are allowed in slots; remembers that these are taken. Say `"session"` for
   * the list of a kind 4 message: one that was overtaken by a later one is new all the same.
   */
  acceptItems(
    tx: Transaction,
    peer: PeerDescriptor,
    number: OneOffNumber,
    items: readonly OneOffItem[],
    carrier: Carrier = "slot",
  ): readonly OneOffItem[] {
    const acceptance = acceptItems(this.#sender(tx, peer.id), number, items, this.#kinds, carrier);
    if (acceptance === undefined) return [];
    tx.put(recordNames.sender(peer.id), senderRecord.encode(acceptance.record));
    return acceptance.fresh;
  }

  /** An initial message was dealt with: until its generation is erased, `open` answers `seen` for it. */
  markSeen(tx: Transaction, sender: CwebId, gen: number, innerHash: Uint8Array): void {
    const record = this.#sender(tx, sender);
    const readable = new Set(this.#discovery.prekeys(tx).map((handle) => handle.gen));
    const kept = record.seen.filter((entry) => readable.has(entry.gen) && !equal(entry.hash, innerHash));
    const seen = [...kept, { gen, hash: innerHash }].slice(-limits.seen);
    tx.put(recordNames.sender(sender), senderRecord.encode({ ...record, seen }));
  }

  #entry(tx: Transaction, recipient: CwebId): EntryRecord {
    const record = tx.get(recordNames.entry(recipient));
    return record === undefined ? noEntry(requireId(recipient)) : entryRecord.decode(record);
  }

  #sender(tx: Transaction, sender: CwebId): SenderRecord {
    const record = tx.get(recordNames.sender(sender));
    return record === undefined ? noSender : senderRecord.decode(record);
  }

  #peer(tx: Transaction, recipient: CwebId): PeerDescriptor {
    const peer = this.#discovery.peer(tx, recipient);
    if (peer !== undefined) return peer;
    throw new BroadcastError("no-descriptor", "This contact's published keys are not known yet. Poll first, then send again.", {
      retryable: true,
    });
  }
}

function requireId(recipient: CwebId): Uint8Array {
  const id = decodeId(recipient);
  if (id === undefined) throw new BroadcastError("bad-item", "This is no Cweb Id.");
  return id;
}

function requireRoom(items: readonly OneOffItem[]): void {
  if (items.length > limits.items) {
    throw new BroadcastError("too-large", `At most ${limits.items} one-off messages of the last 28 days may be out to one contact.`);
  }
  if (items.some(({ messageId }) => messageId.length !== 16)) throw new BroadcastError("bad-item", "A messageId has 16 bytes.");
  const length = itemsLength(items);
  if (length <= limits.boxItems) return;
  throw new BroadcastError(
    "too-large",
    `One-off messages to one contact may have at most ${limits.boxItems} bytes together; with this one they have ${length}.`,
  );
}
