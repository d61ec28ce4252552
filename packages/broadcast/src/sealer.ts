import { type CipherSuite, equal } from "@cweb/crypto";
import type { CwebId, Discovery, PeerDescriptor } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import { toPath } from "@cweb/storage-remote";
import { type Arrangement, arrange, nextCapacity, type Wanting } from "./core/arrangement.ts";
import { type SlotSet, slotIndex, slotPath } from "./core/layout.ts";
import { limits, times } from "./core/limits.ts";
import { sealOneOff } from "./core/one-off.ts";
import { type Addressed, rewriteSlots } from "./core/rewrite.ts";
import { innerKinds } from "./wire/inner.ts";
import {
  type EntryRecord,
  entryRecord,
  noEntry,
  noSlots,
  numberRecord,
  recordNames,
  type SlotsRecord,
  slotsRecord,
} from "./wire/records.ts";

interface Placed extends Wanting, Addressed {
  readonly id: CwebId;
  readonly record: EntryRecord;
  /** SHA-256 of the broadcast key. */
  readonly keyHash: Uint8Array;
}

export interface SealerOptions {
  readonly discovery: Discovery;
  readonly crypto: CipherSuite;
}

/** One step of sealing: whatever is due about the entries, then all slots or none. */
export class Sealer {
  readonly #discovery: Discovery;
  readonly #crypto: CipherSuite;

  constructor(options: SealerOptions) {
    this.#discovery = options.discovery;
    this.#crypto = options.crypto;
  }

  slots(tx: Transaction): SlotsRecord {
    const record = tx.get(recordNames.slots);
    return record === undefined ? noSlots : slotsRecord.decode(record);
  }

  /** The next `seal` rewrites the slots. */
  markChanged(tx: Transaction): void {
    const record = this.slots(tx);
    if (!record.changed) tx.put(recordNames.slots, slotsRecord.encode({ ...record, changed: true }));
  }

  /** Answers whether the slots were rewritten. */
  step(tx: Transaction): boolean {
    const wanting = tx.scan(recordNames.entries, { limit: limits.recipients }).flatMap(({ name, bytes }) => {
      const id = name.slice(recordNames.entries.length) as CwebId;
      return this.#wanting(tx, id, entryRecord.decode(bytes)) ?? [];
    });
    const record = this.#thaw(tx, this.slots(tx)); // after the loop, which may have marked it
    const arrangement = arrange(wanting);
    const capacity = nextCapacity({ entries: record.entries, roomySince: record.roomySince }, arrangement.fullest, tx.confirmedNow);
    const isDue = capacity.entries !== record.entries || this.#isStale(tx, record, arrangement);
    const next = { ...record, ...capacity };
    if (isDue) this.#rewrite(tx, next, arrangement);
    else if (next.roomySince !== record.roomySince) tx.put(recordNames.slots, slotsRecord.encode(next));
    return isDue;
  }

  /** A sealed list of one-off messages, in place of the one before. The record is the caller's to put. */
  sealItems(tx: Transaction, peer: PeerDescriptor, record: EntryRecord, number: number): EntryRecord | undefined {
    const initSeq = tx.tick();
    const sender = { crypto: this.#crypto, random: tx.random, identity: this.#discovery.identity, incarnation: tx.incarnation, initSeq };
    const sealed = sealOneOff(sender, peer, { number, items: record.items });
    if (sealed === undefined) return undefined;
    if (record.box !== null) tx.withdraw(toPath(record.box));
    if (sealed.box !== undefined) tx.publish(sealed.box.path, sealed.box.bytes);
    return {
      ...record,
      live: {
        kind: innerKinds.oneOff,
        inner: sealed.inner,
        initSeq,
        gen: peer.gen,
        responderIncarnation: peer.incarnation,
        madeAt: record.live?.madeAt ?? tx.now,
      },
      sealedTo: null,
      box: sealed.box?.path ?? null,
    };
  }

  /** Puts the record, or removes it where nothing is left in it. */
  putEntry(tx: Transaction, id: CwebId, record: EntryRecord): void {
    if (record.live === null && record.items.length === 0) tx.remove(recordNames.entry(id));
    else tx.put(recordNames.entry(id), entryRecord.encode(record));
    this.markChanged(tx);
  }

  /** The number of the newest one-off message ever sent to this recipient; 0 before the first. */
  newestNumber(tx: Transaction, id: CwebId): number {
    const record = tx.get(recordNames.number(id));
    return record === undefined ? 0 : numberRecord.decode(record).number;
  }

  #wanting(tx: Transaction, id: CwebId, stored: EntryRecord): Placed | undefined {
    const peer = this.#discovery.peer(tx, id);
    const record = this.#refreshed(tx, id, stored, peer);
    if (record !== stored) this.putEntry(tx, id, record);
    if (record.live === null || peer === undefined) return undefined;
    return {
      id,
      record,
      slot: slotIndex(this.#crypto, record.recipientId, this.#discovery.ownSlotBits(tx)),
      madeAt: record.live.madeAt,
      inner: record.live.inner,
      broadcastKey: peer.broadcastKey,
      keyHash: this.#crypto.sha256(peer.broadcastKey),
    };
  }

  /** Without expired items, and made anew where the recipient can no longer read what it was made for. Nothing for a removed contact. */
  #refreshed(tx: Transaction, id: CwebId, stored: EntryRecord, peer: PeerDescriptor | undefined): EntryRecord {
    if (peer === undefined) {
      if (stored.box !== null) tx.withdraw(toPath(stored.box));
      return noEntry(stored.recipientId);
    }
    const items = stored.items.filter(({ sentAt }) => sentAt + times.oneOffLife > tx.confirmedNow);
    const record = items.length === stored.items.length ? stored : { ...stored, items };
    if (record.live?.kind !== innerKinds.oneOff) return record;
    if (items.length === 0) {
      if (record.box !== null) tx.withdraw(toPath(record.box));
      return { ...record, live: null, box: null, sealedTo: null };
    }
    const isUnreadable = peer !== undefined && (peer.oldestGen > record.live.gen || peer.incarnation !== record.live.responderIncarnation);
    return isUnreadable ? (this.sealItems(tx, peer, record, this.newestNumber(tx, id)) ?? record) : record;
  }

  #set(tx: Transaction): SlotSet {
    return { ownerId: this.#discovery.identity.idBytes, slotBits: this.#discovery.ownSlotBits(tx) };
  }

  #isStale(tx: Transaction, record: SlotsRecord, arrangement: Arrangement<Placed>): boolean {
    const { sealed } = record;
    if (record.changed || sealed === null || sealed.incarnation !== tx.incarnation) return true;
    if (sealed.slotBits !== this.#discovery.ownSlotBits(tx)) return true;
    const placed = [...arrangement.slots.values()].flat();
    return placed.some((entry) => entry.record.sealedTo === null || !equal(entry.record.sealedTo, entry.keyHash));
  }

  #rewrite(tx: Transaction, record: SlotsRecord, arrangement: Arrangement<Placed>): void {
    const set = this.#set(tx);
    for (const { path, bytes } of rewriteSlots(this.#crypto, tx.random, set, record.entries, arrangement.slots)) {
      tx.replace(path, bytes, { beaconFirst: true });
    }
    const placed = [...arrangement.slots.values()].flat();
    for (const { id, record: entry, keyHash } of placed) {
      tx.put(recordNames.entry(id), entryRecord.encode({ ...entry, sealedTo: keyHash }));
    }
    const before = record.sealed?.slotBits;
    const frozen = record.frozen.filter(({ slotBits }) => slotBits !== set.slotBits);
    const left = before === undefined || before === set.slotBits ? [] : [{ slotBits: before, until: tx.confirmedNow + times.frozen }];
    tx.put(
      recordNames.slots,
      slotsRecord.encode({
        ...record,
        changed: false,
        sealed: { incarnation: tx.incarnation, slotBits: set.slotBits },
        frozen: [...frozen, ...left],
        used: placed.length,
        queued: arrangement.waiting.length,
      }),
    );
  }

  /** Deletes the sets that nobody's descriptor can name any more. */
  #thaw(tx: Transaction, record: SlotsRecord): SlotsRecord {
    const over = record.frozen.filter(({ until }) => until <= tx.confirmedNow);
    if (over.length === 0) return record;
    const { ownerId } = this.#set(tx);
    for (const { slotBits } of over) {
      for (let slot = 0; slot < 2 ** slotBits; slot++) tx.withdraw(slotPath(this.#crypto, { ownerId, slotBits }, slot));
    }
    const next = { ...record, frozen: record.frozen.filter((set) => !over.includes(set)) };
    tx.put(recordNames.slots, slotsRecord.encode(next));
    return next;
  }
}
