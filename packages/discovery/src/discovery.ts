import { type CipherSuite, equal } from "@cweb/crypto";
import type { FlushReport, Transaction } from "@cweb/mailbox";
import type { Path, ReadResult, Version } from "@cweb/storage-remote";
import type { Adoption } from "./core/adoption.ts";
import { type Contact, type ContactState, newContact, toContact } from "./core/contact.ts";
import type { CwebId } from "./core/cweb-id.ts";
import { type DescSeenVerdict, judgeDescSeen } from "./core/desc-seen-verdict.ts";
import { descriptorPathOf } from "./core/identity-keys.ts";
import { type FetchOutcome, judgeFetch } from "./core/judge-fetch.ts";
import type { OwnIdentity } from "./core/own-identity.ts";
import { withTry } from "./core/own-state.ts";
import { type PeerDescriptor, readPinned } from "./core/peer-descriptor.ts";
import { type PrekeyHandle, prekeyHandle } from "./core/prekeys.ts";
import { DiscoveryError } from "./discovery-error.ts";
import { checkedSlotBits } from "./identity.ts";
import { type Cancellable, type DiscoveryMailbox, Publisher } from "./publisher.ts";
import { type Card, encodeCard, parseCard } from "./wire/card.ts";
import { contactPrefix, decodeContact, decodeRemoved, encodeContact, encodeRemoved, removedPrefix } from "./wire/contact-record.ts";
import { decodeDescSeen } from "./wire/desc-seen.ts";
import { ownRecord, prekeysRecord } from "./wire/own-records.ts";
import { checkedProperties, type PublicProperties } from "./wire/public-properties.ts";

const contactsPerScan = 100;

export interface DiscoveryOptions {
  readonly mailbox: DiscoveryMailbox;
  readonly identity: OwnIdentity;
  readonly crypto: CipherSuite;
}

/**
 * The identity of this home, its prekey generations and its published descriptor; the contacts and their descriptors.
 * Methods that take a `Transaction` are synchronous, for the steps of the layers above; the records they need are named
 * by `ownRecord`, `prekeysRecord` and `contactRecord`.
 */
export class Discovery {
  readonly identity: OwnIdentity;
  /** Read by `ownSlotBits`, `currentGen`, `onDescSeen`, `adoptPublished`. */
  readonly ownRecord: string = ownRecord.name;
  /** Read by `prekeys`, `adoptPublished`. */
  readonly prekeysRecord: string = prekeysRecord.name;
  readonly #mailbox: DiscoveryMailbox;
  readonly #crypto: CipherSuite;
  readonly #publisher: Publisher;

  constructor(options: DiscoveryOptions) {
    this.identity = options.identity;
    this.#mailbox = options.mailbox;
    this.#crypto = options.crypto;
    this.#publisher = new Publisher(options.mailbox, options.identity, options.crypto, (cancel) => this.#contactStates(cancel));
  }

  // --- the own descriptor ---

  /** This home's contact card, one line of text, with the seq of the newest descriptor. */
  async card(cancel: Cancellable = {}): Promise<string> {
    const records = await this.#mailbox.load([ownRecord.name], cancel);
    const record = records.get(ownRecord.name);
    const minSeq = record === undefined ? 0 : (ownRecord.decode(record).published?.seq ?? 0);
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
   * Resolves when that is committed; the mailbox's `flush` uploads.
   */
  maintain(cancel: Cancellable = {}): Promise<void> {
    return this.#publisher.maintain(cancel);
  }

  /** Resolves when the change is committed; `maintain` publishes it. Throws `DiscoveryError` `bad-property` or `too-large`. */
  async setPublicProperties(properties: PublicProperties, cancel: Cancellable = {}): Promise<void> {
    await this.#publisher.change({ properties: checkedProperties(properties) }, cancel);
  }

  /** The deniability dial: 2^slotBits slots, 0 to 12. Resolves when committed. Throws `DiscoveryError` `too-large`. */
  async setSlotBits(slotBits: number, cancel: Cancellable = {}): Promise<void> {
    await this.#publisher.change({ slotBits: checkedSlotBits(slotBits) }, cancel);
  }

  /** Give it each report of `Mailbox.flush`: old prekeys are erased only after the descriptor that says so is stored. */
  noteFlush(report: FlushReport, cancel: Cancellable = {}): Promise<void> {
    return this.#publisher.noteFlush(report, cancel);
  }

  /** Takes in what the own store answered to a GET of the own descriptor: after a restore, and now and then. */
  adoptPublished(tx: Transaction, result: ReadResult): Adoption {
    return this.#publisher.adopt(tx, result);
  }

  /** The own bucket has 2^slotBits slots. */
  ownSlotBits(tx: Transaction): number {
    return this.#publisher.own(tx).slotBits;
  }

  /** The newest own prekey generation that was published; 0 before the first. */
  currentGen(tx: Transaction): number {
    return this.#publisher.own(tx).published?.gen ?? 0;
  }

  /** The generations that can still be read, newest first. The handles hold for this transaction only. */
  prekeys(tx: Transaction): readonly PrekeyHandle[] {
    const { agreement } = this.identity;
    return this.#publisher.generations(tx).map((generation) => prekeyHandle(this.#crypto, agreement, generation));
  }

  /** Judges a peer's desc-seen rider, which was written at `sentAt` (ms). `undefined`: malformed. */
  onDescSeen(tx: Transaction, payload: Uint8Array, sentAt: number): DescSeenVerdict | undefined {
    const seen = decodeDescSeen(payload);
    return seen === undefined ? undefined : judgeDescSeen(this.#publisher.own(tx), seen, sentAt);
  }

  // --- contacts ---

  /** The record that a transaction reads for `peer`, `contactOf`, `recordFetch` and `noteSlotTried`. */
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
        if (record !== undefined) return addAgain(tx, name, record, card);
        const removed = tx.get(removedName);
        const lastSeq = removed === undefined ? 0 : decodeRemoved(removedName, removed);
        tx.put(name, encodeContact(newContact(card.idBytes, card.profile, Math.max(card.minSeq, lastSeq), tx.now)));
        if (removed !== undefined) tx.remove(removedName);
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
        const { minSeq } = knownContact(tx, name);
        tx.remove(name);
        tx.put(removedPrefix + id, encodeRemoved(minSeq));
      },
      cancel,
    );
  }

  /** All contacts, in order of their Ids. */
  async contacts(cancel: Cancellable = {}): Promise<readonly Contact[]> {
    return (await this.#contactStates(cancel)).map((state) => toContact(this.#crypto, state));
  }

  async contact(id: CwebId, cancel: Cancellable = {}): Promise<Contact | undefined> {
    const name = this.contactRecord(id);
    const record = (await this.#mailbox.load([name], cancel)).get(name);
    return record === undefined ? undefined : toContact(this.#crypto, decodeContact(name, record));
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
    const state = knownContact(tx, name);
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
    // By the confirmed clock: one that runs ahead must not count for slots that nobody has looked at yet.
    const tries = withTry(state, ok, tx.confirmedNow);
    if (tries !== undefined) tx.put(name, encodeContact({ ...state, ...tries }));
  }

  async #contactStates(cancel: Cancellable): Promise<readonly ContactState[]> {
    const states: ContactState[] = [];
    for (let after = ""; ; ) {
      const records = await this.#mailbox.scan(contactPrefix, { after, limit: contactsPerScan, ...cancel });
      states.push(...records.map(({ name, bytes }) => decodeContact(name, bytes)));
      const last = records.at(-1);
      if (last === undefined || records.length < contactsPerScan) return states;
      after = last.name;
    }
  }
}

function knownContact(tx: Transaction, name: string): ContactState {
  const record = tx.get(name);
  if (record === undefined) throw new DiscoveryError("unknown-contact", "There is no such contact.");
  return decodeContact(name, record);
}

function addAgain(tx: Transaction, name: string, record: Uint8Array, card: Card): "known" {
  const state = decodeContact(name, record);
  if (!equal(state.profile, card.profile)) {
    throw new DiscoveryError("profile-mismatch", "This contact is known with another storage; a card alone cannot move it.");
  }
  if (card.minSeq > state.minSeq) tx.put(name, encodeContact({ ...state, minSeq: card.minSeq }));
  return "known";
}
