import type { CipherSuite } from "@cweb/crypto";
import type { FlushReport, Mailbox, Transaction } from "@cweb/mailbox";
import type { Path, ReadResult, Version } from "@cweb/storage-remote";
import { type Adoption, adoptStep } from "./core/adoption.ts";
import { type Contact, newContact, toContact } from "./core/contact.ts";
import type { CwebId } from "./core/cweb-id.ts";
import { type DescSeenVerdict, judgeDescSeen } from "./core/desc-seen-verdict.ts";
import { descriptorPathOf } from "./core/identity-keys.ts";
import { type FetchOutcome, judgeFetch } from "./core/judge-fetch.ts";
import { times } from "./core/limits.ts";
import type { OwnIdentity } from "./core/own-identity.ts";
import { agedGenerations, type OwnState, type SlotTries, triedBy, withTry } from "./core/own-state.ts";
import { type PeerDescriptor, readPinned } from "./core/peer-descriptor.ts";
import { generationSecrets, type PrekeyHandle, prekeyHandle } from "./core/prekeys.ts";
import { maintainStep, type OwnRecords } from "./core/publication.ts";
import { DiscoveryError } from "./discovery-error.ts";
import { checkedSlotBits } from "./identity.ts";
import { type Card, encodeCard, parseCard } from "./wire/card.ts";
import { contactPrefix, decodeContact, decodeRemoved, encodeContact, encodeRemoved, removedPrefix } from "./wire/contact-record.ts";
import { decodeDescSeen } from "./wire/desc-seen.ts";
import { ownRecord, prekeysRecord } from "./wire/own-records.ts";
import { checkedProperties, type PublicProperties } from "./wire/public-properties.ts";

interface Cancellable {
  readonly signal?: AbortSignal;
}

const contactsPerScan = 100;

/**
 * The identity of this home, its prekey generations and its published descriptor; the contacts and their descriptors.
 * Methods that take a `Transaction` are synchronous, for the steps of the layers above; each names the records it needs.
 */
export class Discovery {
  readonly identity: OwnIdentity;
  /** Read by `ownSlotBits`, `currentGen`, `card`, `onDescSeen`, `adoptPublished`. */
  readonly ownRecord: string = ownRecord.name;
  /** Read by `prekeys`, `adoptPublished`. */
  readonly prekeysRecord: string = prekeysRecord.name;
  readonly #mailbox: Pick<Mailbox, "transact">;
  readonly #crypto: CipherSuite;
  #erasureCheckedAt = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly mailbox: Pick<Mailbox, "transact">; readonly identity: OwnIdentity; readonly crypto: CipherSuite }) {
    this.identity = options.identity;
    this.#mailbox = options.mailbox;
    this.#crypto = options.crypto;
  }

  // --- the own descriptor ---

  /** This home's contact card, one line of text, with the seq of the newest descriptor. */
  async card(cancel: Cancellable = {}): Promise<string> {
    const minSeq = await this.#mailbox.transact({ read: [ownRecord.name] }, (tx) => this.#own(tx).published?.seq ?? 0, cancel);
    return encodeCard({ idBytes: this.identity.idBytes, profile: this.identity.profile, minSeq });
  }

  /** Throws `DiscoveryError` `bad-card`. */
  parseCard(text: string): Card {
    return parseCard(text);
  }

  /** Where the descriptor of a 32-byte id stands, in its owner's bucket. */
  descriptorPath(id: Uint8Array): Path {
    return descriptorPathOf(this.#crypto, id);
  }

  /**
   * Does what is due: a first descriptor, the weekly heartbeat with a new prekey generation, a descriptor for a new
   * incarnation or changed properties, the erasure of old generations. Cheap when nothing is; call it each round.
   */
  async maintain(cancel: Cancellable = {}): Promise<void> {
    const isAged = await this.#maintain(undefined, cancel);
    if (!isAged) return;
    const retireBelow = await this.#retirable(cancel);
    if (retireBelow !== undefined) await this.#maintain(retireBelow, cancel);
  }

  /** Resolves when the change is committed; `maintain` publishes it. Throws `DiscoveryError` `bad-property` or `too-large`. */
  async setPublicProperties(properties: PublicProperties, cancel: Cancellable = {}): Promise<void> {
    const checked = checkedProperties(properties);
    await this.#change({ properties: checked }, cancel);
  }

  /** The deniability dial: 2^slotBits slots, 0 to 12. Resolves when committed. Throws `DiscoveryError` `too-large`. */
  async setSlotBits(slotBits: number, cancel: Cancellable = {}): Promise<void> {
    await this.#change({ slotBits: checkedSlotBits(slotBits) }, cancel);
  }

  /** Give it each report of `Mailbox.flush`: old prekeys are erased only after the descriptor that says so is stored. */
  async noteFlush(report: FlushReport, cancel: Cancellable = {}): Promise<void> {
    const path = this.descriptorPath(this.identity.idBytes);
    const seqs = report.stored.filter((object) => object.path === path).map((object) => Number(object.tag ?? 0));
    if (seqs.length === 0) return;
    await this.#mailbox.transact(
      { read: [ownRecord.name] },
      (tx) => {
        const own = this.#own(tx);
        const storedSeq = Math.max(own.storedSeq, ...seqs.filter(Number.isSafeInteger));
        if (storedSeq > own.storedSeq) tx.put(ownRecord.name, ownRecord.encode({ ...own, storedSeq }));
      },
      cancel,
    );
  }

  /** Takes in what the own store answered to a GET of the own descriptor. Needs `ownRecord` and `prekeysRecord`. */
  adoptPublished(tx: Transaction, result: ReadResult): Adoption {
    const step = adoptStep(this.#crypto, this.identity.idBytes, this.#records(tx), result);
    this.#putRecords(tx, step);
    tx.consume(...step.erased.flatMap(generationSecrets));
    return step.adoption;
  }

  /** The slots of the own bucket: 2^slotBits. Needs `ownRecord`. */
  ownSlotBits(tx: Transaction): number {
    return this.#own(tx).slotBits;
  }

  /** The newest own prekey generation that was published; 0 before the first. Needs `ownRecord`. */
  currentGen(tx: Transaction): number {
    return this.#own(tx).published?.gen ?? 0;
  }

  /** The generations that can still be read, newest first. Needs `prekeysRecord`. The handles hold for this transaction only. */
  prekeys(tx: Transaction): readonly PrekeyHandle[] {
    const { agreement } = this.identity;
    return this.#generations(tx).map((generation) => prekeyHandle(this.#crypto, agreement, generation));
  }

  /**
   * Judges a peer's desc-seen rider, which was written at `sentAt` (ms). `undefined`: malformed. Needs `ownRecord`.
   */
  onDescSeen(tx: Transaction, payload: Uint8Array, sentAt: number): DescSeenVerdict | undefined {
    const seen = decodeDescSeen(payload);
    return seen === undefined ? undefined : judgeDescSeen(this.#own(tx), seen, sentAt);
  }

  // --- contacts ---

  /** The record that a transaction must read for `peer`, `contactOf`, `recordFetch` and `noteSlotTried`. */
  contactRecord(id: CwebId): string {
    return contactPrefix + id;
  }

  /**
   * Throws `DiscoveryError` `own-card`, or `profile-mismatch` for a known Id whose card names another storage: only a
   * signed descriptor may move a contact.
   */
  async addContact(card: Card, cancel: Cancellable = {}): Promise<"added" | "known"> {
    if (card.id === this.identity.id) throw new DiscoveryError("own-card", "This is your own card: hand it to someone else.");
    const name = this.contactRecord(card.id);
    const removedName = removedPrefix + card.id;
    return this.#mailbox.transact(
      { read: [name, removedName] },
      (tx) => {
        const record = tx.get(name);
        if (record !== undefined) return this.#readd(tx, name, record, card);
        const removed = tx.get(removedName);
        const lastSeq = removed === undefined ? 0 : decodeRemoved(removedName, removed);
        tx.put(name, encodeContact(newContact(card.idBytes, card.profile, Math.max(card.minSeq, lastSeq), tx.now)));
        tx.remove(removedName);
        return "added";
      },
      cancel,
    );
  }

  /** Throws `DiscoveryError` `unknown-contact`. What sessions keep of a removed contact is theirs. */
  async removeContact(id: CwebId, cancel: Cancellable = {}): Promise<void> {
    const name = this.contactRecord(id);
    await this.#mailbox.transact(
      { read: [name] },
      (tx) => {
        const { minSeq } = decodeContact(name, this.#contactBytes(tx, name));
        tx.remove(name);
        tx.put(removedPrefix + id, encodeRemoved(minSeq));
      },
      cancel,
    );
  }

  /** All contacts, in order of their Ids. */
  async contacts(cancel: Cancellable = {}): Promise<readonly Contact[]> {
    const found: Contact[] = [];
    await this.#eachContact((state) => found.push(toContact(this.#crypto, state)), cancel);
    return found;
  }

  async contact(id: CwebId, cancel: Cancellable = {}): Promise<Contact | undefined> {
    return this.#mailbox.transact({ read: [this.contactRecord(id)] }, (tx) => this.contactOf(tx, id), cancel);
  }

  contactOf(tx: Transaction, id: CwebId): Contact | undefined {
    const name = this.contactRecord(id);
    const record = tx.get(name);
    return record === undefined ? undefined : toContact(this.#crypto, decodeContact(name, record));
  }

  /** The contact's newest verified descriptor. */
  peer(tx: Transaction, id: CwebId): PeerDescriptor | undefined {
    const name = this.contactRecord(id);
    const record = tx.get(name);
    const pinned = record === undefined ? null : decodeContact(name, record).pinned;
    return pinned === null ? undefined : readPinned(this.#crypto, pinned);
  }

  /** For the conditional GET of a contact's descriptor. */
  fetchVersion(contact: Contact): Version | undefined {
    return contact.version;
  }

  /**
   * Judges what a contact's store answered to a GET of its descriptor at `contact.profile`; pins what is newer and right.
   * Any bytes give an outcome. Throws `DiscoveryError` `unknown-contact`.
   */
  recordFetch(tx: Transaction, id: CwebId, result: ReadResult): FetchOutcome {
    const name = this.contactRecord(id);
    const state = decodeContact(name, this.#contactBytes(tx, name));
    const agreementKey = this.identity.agreement.privateKey;
    const judgement = judgeFetch(state, result, { crypto: this.#crypto, random: tx.random, now: tx.now, agreementKey });
    tx.put(name, encodeContact(judgement.state));
    return judgement.outcome;
  }

  /**
   * A poll of this contact's slot has ended: `ok` with an answer (also an absent slot), else with a failure. Tell of
   * failures only in rounds in which the own storage answered. It holds up the erasure of own prekeys (SPEC §5.3).
   */
  noteSlotTried(tx: Transaction, id: CwebId, ok: boolean): void {
    const name = this.contactRecord(id);
    const record = tx.get(name);
    if (record === undefined) return; // removed meanwhile
    const state = decodeContact(name, record);
    const tries = withTry(state, ok, tx.now);
    if (tries !== undefined) tx.put(name, encodeContact({ ...state, ...tries }));
  }

  // --- inside ---

  #own(tx: Transaction): OwnState {
    const record = tx.get(ownRecord.name);
    if (record === undefined) throw new DiscoveryError("corrupt-state", "This home holds no identity.");
    return ownRecord.decode(record);
  }

  #generations(tx: Transaction): OwnRecords["generations"] {
    const record = tx.get(prekeysRecord.name);
    return record === undefined ? [] : prekeysRecord.decode(record);
  }

  #records(tx: Transaction): OwnRecords {
    return { own: this.#own(tx), generations: this.#generations(tx) };
  }

  #putRecords(tx: Transaction, records: OwnRecords): void {
    tx.put(ownRecord.name, ownRecord.encode(records.own));
    tx.put(prekeysRecord.name, prekeysRecord.encode(records.generations));
  }

  #contactBytes(tx: Transaction, name: string): Uint8Array {
    const record = tx.get(name);
    if (record === undefined) throw new DiscoveryError("unknown-contact", "There is no such contact.");
    return record;
  }

  #readd(tx: Transaction, name: string, record: Uint8Array, card: Card): "known" {
    const state = decodeContact(name, record);
    const sameProfile = state.profile.length === card.profile.length && state.profile.every((byte, i) => byte === card.profile[i]);
    if (!sameProfile) {
      throw new DiscoveryError("profile-mismatch", "This contact is known with another storage; a card alone cannot move it.");
    }
    if (card.minSeq > state.minSeq) tx.put(name, encodeContact({ ...state, minSeq: card.minSeq }));
    return "known";
  }

  async #change(change: Partial<Pick<OwnState, "properties" | "slotBits">>, cancel: Cancellable): Promise<void> {
    await this.#mailbox.transact(
      { read: [ownRecord.name] },
      (tx) => tx.put(ownRecord.name, ownRecord.encode({ ...this.#own(tx), ...change, changed: true })),
      cancel,
    );
  }

  /** One step; answers whether the age of some generation asks for a look at the contacts. */
  async #maintain(retireBelow: number | undefined, cancel: Cancellable): Promise<boolean> {
    return this.#mailbox.transact(
      { read: [ownRecord.name, prekeysRecord.name] },
      (tx) => {
        const before = this.#records(tx);
        const { crypto, identity } = { crypto: this.#crypto, identity: this.identity };
        const context = { crypto, identity, random: tx.random, now: tx.now, incarnation: tx.incarnation, tick: () => tx.tick() };
        const step = maintainStep(before, context, retireBelow);
        if (step.object !== undefined || step.erased.length > 0) this.#putRecords(tx, step);
        if (step.object !== undefined) {
          const options = { beaconFirst: true, tag: String(step.own.published?.seq) };
          tx.replace(this.descriptorPath(identity.idBytes), step.object, options);
        }
        tx.consume(...step.erased.flatMap(generationSecrets));
        return agedGenerations(step.generations, tx.now).some((generation) => generation.gen >= step.own.oldestGen);
      },
      cancel,
    );
  }

  /** The lowest generation that must stay, by the contacts' slot tries; looks at most once an hour. */
  async #retirable(cancel: Cancellable): Promise<number | undefined> {
    const { generations, now } = await this.#mailbox.transact(
      { read: [prekeysRecord.name] },
      (tx) => ({ generations: this.#generations(tx).map(({ gen, issuedAt }) => ({ gen, issuedAt })), now: tx.now }),
      cancel,
    );
    if (Math.abs(now - this.#erasureCheckedAt) < times.hour) return undefined;
    this.#erasureCheckedAt = now;
    const tries: SlotTries[] = [];
    await this.#eachContact(({ triedAt, failedDays }) => tries.push({ triedAt, failedDays }), cancel);
    const stays = (generation: { readonly issuedAt: number }): boolean =>
      now - generation.issuedAt < times.generationLife || !tries.every((contact) => triedBy(contact, generation));
    // The newest always stays; an older one that must stay keeps every one after it.
    return generations.findLast((generation, i) => i === 0 || stays(generation))?.gen;
  }

  async #eachContact(visit: (state: ReturnType<typeof decodeContact>) => void, cancel: Cancellable): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const from = after === undefined ? {} : { after };
      const scan = { prefix: contactPrefix, limit: contactsPerScan, ...from };
      const records = await this.#mailbox.transact({ scan: [scan] }, (tx) => tx.scan(contactPrefix), cancel);
      for (const { name, bytes } of records) visit(decodeContact(name, bytes));
      if (records.length < contactsPerScan) return;
      after = records.at(-1)?.name;
    }
  }
}

