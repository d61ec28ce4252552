import type { Secret } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { FlushReport } from "@cweb/mailbox";
import type { Path } from "@cweb/storage-remote";
import { type Cancellable, ContactBook } from "./contact-book.ts";
import { Contacts, type PeerContact } from "./contacts.ts";
import type { ObjectKind } from "./core/object-kinds.ts";
import type { RequestTotals } from "./core/records.ts";
import { Dispatch } from "./dispatch.ts";
import { createHome, type HomeParts, noteStore, openHome } from "./home.ts";
import { Inbox } from "./inbox.ts";
import { Layers } from "./layers.ts";
import { ObjectEvents } from "./object-events.ts";
import { Outgoing } from "./outgoing.ts";
import type { PeerEvent } from "./peer-event.ts";
import { PeerFiles } from "./peer-files.ts";
import { PeerObjects } from "./peer-objects.ts";
import { type CreatePeerOptions, defaultPatience, type PeerOptions } from "./peer-options.ts";
import { PeerProfile } from "./peer-profile.ts";
import { PeerRooms } from "./peer-rooms.ts";
import { Poller } from "./poller.ts";
import { countedBy, RequestLedger } from "./request-ledger.ts";
import { RoomBook } from "./room-book.ts";
import { RoomEvents } from "./room-events.ts";
import { RoomFiles } from "./room-files.ts";
import { RoomOutgoing } from "./room-outgoing.ts";
import { type FlushResult, type PollOptions, type PollReport, RoundRunner } from "./round-runner.ts";
import { inBatches } from "./rounds.ts";
import { type Content, Sender, type SendOptions, type SendResult, type SentMessage } from "./sender.ts";
import { type PeerStatus, statusOf } from "./status.ts";
import { upperOf } from "./upper.ts";

export interface CreatedPeer {
  readonly peer: Peer;
  /** 32 bytes: keep them offline. */
  readonly nextSeed: Secret;
}

/** How long until the next round, in ms; `undefined` ends the loop. */
export type Schedule = (report: PollReport) => number | undefined;

/** Events handed out at a time: as many may be shown again after a crash. */
const batch = 32;

/** One person's home: identity, contacts, messages, over a local store and a bucket. Several processes may share one home. */
export class Peer {
  readonly id: CwebId;
  /** Large files for contacts. */
  readonly files: PeerFiles;
  /** Values that change, for contacts of one's choice. */
  readonly objects: PeerObjects;
  /** Name, status, picture and more, for contacts of one's choice. */
  readonly profile: PeerProfile;
  /** Conversations of several people. */
  readonly rooms: PeerRooms;
  readonly #options: PeerOptions;
  readonly #layers: Layers;
  readonly #book: ContactBook;
  readonly #contacts: Contacts;
  readonly #dispatch: Dispatch;
  readonly #outgoing: Outgoing;
  readonly #sender: Sender;
  readonly #inbox: Inbox;
  readonly #poller: Poller;
  readonly #rounds: RoundRunner;
  readonly #ledger: RequestLedger;

  private constructor(options: PeerOptions, home: HomeParts, since: RequestTotals) {
    const { crypto, clock, random, reader, concurrency = 8, patience = defaultPatience, contactTimeout = 60_000 } = options;
    const introduce = (card: string, cancel: Cancellable) => this.#contacts.introduce(card, cancel);
    const layers = new Layers(options, home, introduce);
    const { mailbox, discovery, broadcast } = layers;
    const session = (id: CwebId) => layers.session(id);
    const publish = (cancel: Cancellable) => this.#publish(cancel);
    this.id = home.identity.id;
    this.#options = options;
    this.#layers = layers;
    this.#book = new ContactBook(mailbox);
    this.#ledger = new RequestLedger(mailbox, options.meter, since);
    this.#outgoing = new Outgoing({ mailbox, broadcast, sessionStatus: (id, cancel) => session(id).status(cancel) });
    const tools = { mailbox, discovery, broadcast, kinds: layers.kinds, crypto, random, clock };
    const shared = { ...tools, book: this.#book, outgoing: this.#outgoing, session, publish };
    this.#contacts = new Contacts(shared);
    this.#sender = new Sender(shared);
    const objectEvents = new ObjectEvents({ layers, book: this.#book });
    const roomBook = new RoomBook(layers);
    const roomEvents = new RoomEvents({ layers, book: this.#book, roomBook });
    const storeOf = (contact: CwebId | undefined, cancel: Cancellable) => layers.storeOf(contact, cancel);
    this.#inbox = new Inbox({ mailbox, book: this.#book, objectEvents, roomEvents, storeOf });
    this.rooms = new PeerRooms({ ...shared, layers, roomBook, outgoing: new RoomOutgoing(mailbox) });
    this.#poller = new Poller({ clock, concurrency, patience, timeout: contactTimeout });
    const sides = { tidy: () => this.files.tidy(), layers, poller: this.#poller, ledger: this.#ledger, accepts: options.rooms !== "ask" };
    const settle = (report: FlushReport, cancel: Cancellable) => this.#settle(report, cancel);
    this.#rounds = new RoundRunner({ ...sides, book: this.#book, publish, settle, introduce });
    const onFirstAnswer = (cancel: Cancellable) => noteStore(options, home, cancel);
    const noteRequests = (cancel: Cancellable) => this.#ledger.fold(cancel);
    const roomFiles = new RoomFiles({ layers, rooms: this.rooms, roomBook });
    this.files = new PeerFiles({ ...options, layers, book: this.#book, sender: this.#sender, roomFiles, noteRequests });
    this.objects = new PeerObjects({ layers, book: this.#book, publish });
    this.profile = new PeerProfile({ layers, book: this.#book, publish });
    this.#dispatch = new Dispatch({
      upper: upperOf(layers),
      mailbox,
      discovery,
      broadcast,
      reader,
      onFirstAnswer,
      onRestored: (cancel) => this.#renew(cancel),
    });
  }

  /**
   * Makes an identity in an empty local store, after the bucket was tried (about 20 requests; what they wrote is removed). `flush` publishes it.
   * Keep `nextSeed` (32 bytes) offline: it alone can name a successor of a lost identity. Throws `DiscoveryError` `already-initialized`,
   * `bad-property`, `too-large`; `PeerError` `store-unreadable`; the ports' errors. Then nothing was made.
   */
  static async create(options: CreatePeerOptions, cancel: Cancellable = {}): Promise<CreatedPeer> {
    const since = countedBy(options.meter);
    const { home, nextSeed } = await createHome(options, cancel);
    return { peer: new Peer(options, home, since), nextSeed };
  }

  /** The peer of a home that has an identity. Sends nothing. Throws `PeerError` `no-identity`, the local store's errors. */
  static async open(options: PeerOptions, cancel: Cancellable = {}): Promise<Peer> {
    const since = countedBy(options.meter);
    return new Peer(options, await openHome(options, cancel), since);
  }

  /** One line of text to hand to others: the Cweb Id and the read side of the storage profile. */
  card(cancel: Cancellable = {}): Promise<string> {
    return this.#layers.discovery.card(cancel);
  }

  // --- contacts ---

  /**
   * Adds the owner of a card under a name, or names a known one anew, and asks its store for its descriptor; `failure` says why it has no
   * answer. Throws `DiscoveryError` `bad-card`, `own-card`, `profile-mismatch`; `PeerError` `bad-name`, `name-taken`.
   */
  async addContact(card: string, name: string, cancel: Cancellable = {}): Promise<PeerContact & { readonly failure?: unknown }> {
    const contact = await this.#contacts.add(card, name, cancel);
    await this.#ledger.fold(cancel);
    return contact;
  }

  /** In order of their names. */
  contacts(cancel: Cancellable = {}): Promise<readonly PeerContact[]> {
    return this.#contacts.list(cancel);
  }

  /** Throws `PeerError` `unknown-contact`. */
  contact(name: string, cancel: Cancellable = {}): Promise<PeerContact> {
    return this.#contacts.get(name, cancel);
  }

  /** Ends the session, erases its keys and queues the deletion of all objects made for this contact. Throws `PeerError` `unknown-contact`. */
  removeContact(name: string, cancel: Cancellable = {}): Promise<PeerContact> {
    return this.#contacts.remove(name, cancel);
  }

  /** 12 groups of 5 digits, the same on both sides. Throws `PeerError` `unknown-contact`. */
  safetyNumber(name: string, cancel: Cancellable = {}): Promise<string> {
    return this.#contacts.safetyNumber(name, cancel);
  }

  /** Marks the contact as verified if these are the digits of its safety number; blanks do not count. Throws `PeerError` `safety-number-differs`. */
  verify(name: string, digits: string, cancel: Cancellable = {}): Promise<void> {
    return this.#contacts.verify(name, digits, cancel);
  }

  // --- sending ---

  /**
   * Sends a text, or a message of a registered kind: durable when it resolves, and in the bucket where the state is `published`.
   * Throws `PeerError` `unknown-contact`, `bad-message-id`; `SessionError` `too-large` (56 KiB), `peer-away`, `unsupported-kind`.
   */
  send(name: string, content: Content, options: SendOptions = {}): Promise<SendResult> {
    return this.#sender.send(name, content, options);
  }

  /**
   * A one-off text in the private broadcast: no session, no acknowledgement, listed for 28 days. While the own first message to this contact is
   * unanswered it goes inside that session. Throws `BroadcastError` `too-large`, `no-descriptor`; `PeerError` `unknown-contact`.
   */
  broadcast(name: string, text: string, cancel: Cancellable = {}): Promise<SendResult> {
    return this.#sender.broadcast(name, text, cancel);
  }

  /** Uploads what waits, and does what is due for the own bucket. Failures of the own store are answered, not thrown. */
  async flush(cancel: Cancellable = {}): Promise<FlushResult> {
    const report = await this.#publish(cancel);
    const { pending, failure } = report;
    return { published: await this.#settle(report, cancel), pending, ...(failure === undefined ? {} : { failure }) };
  }

  // --- receiving ---

  /** One round: uploads what waits, asks each contact's store for one object, uploads what that caused. What came waits in `events`. */
  poll(options: PollOptions = {}): Promise<PollReport> {
    return this.#rounds.run(options, () => undefined);
  }

  /**
   * One round whose events come as they arrive, in batches of at most 32; returns the report. Whoever leaves it early ends the round. A slow
   * contact holds up the end of the round for `patience`, and no other contact's events.
   */
  round(options: PollOptions = {}): AsyncGenerator<readonly PeerEvent[], PollReport, undefined> {
    const { signal } = options;
    return inBatches({
      run: (onNews, stop) => this.#rounds.run({ ...options, signal: stop }, onNews),
      take: () => this.#inbox.take(batch, signal ? { signal } : {}),
      ...(signal ? { signal } : {}),
    });
  }

  /** Events of round after round, until the schedule or the signal ends it. Each comes again, in a later process, until it is acknowledged. */
  async *receive(options: PollOptions & { readonly schedule: Schedule }): AsyncGenerator<PeerEvent, void, undefined> {
    const { schedule, full = false, signal } = options;
    for (let isFirst = true; ; isFirst = false) {
      const report = yield* flat(this.round({ full: full && isFirst, ...(signal ? { signal } : {}) }));
      const wait = schedule(report);
      if (wait === undefined) return;
      await this.#options.clock.sleep(wait, signal);
    }
  }

  /** Events that have come already, the oldest first; this process is handed each once. */
  events({ limit, signal }: Cancellable & { readonly limit: number }): Promise<readonly PeerEvent[]> {
    return this.#inbox.take(limit, signal ? { signal } : {});
  }

  /** Forgets these events for good, in one commit. */
  acknowledge(events: readonly PeerEvent[], cancel: Cancellable = {}): Promise<void> {
    return this.#inbox.acknowledge(events, cancel);
  }

  async status(cancel: Cancellable = {}): Promise<PeerStatus> {
    await this.#ledger.fold(cancel);
    const { id } = this;
    const [entries, waiting, requests] = [
      await this.#book.list(cancel),
      await this.#outgoing.list(cancel),
      await this.#ledger.totals(cancel),
    ];
    return statusOf({ id, layers: this.#layers, entries, waiting, requests }, cancel);
  }

  /** What an object of the own bucket, or of a contact that this process has dealt with, is for. For counting requests by kind. */
  objectKind(path: Path): ObjectKind {
    return this.#layers.objectKind(path);
  }

  /** Ends polls that are still under way and keeps what was counted. The local store is the caller's to close. */
  async close(): Promise<void> {
    await this.#poller.close();
    await this.files.close();
    await this.#ledger.fold();
  }

  async #publish(cancel: Cancellable): Promise<FlushReport> {
    const report = await this.#dispatch.run(cancel);
    await this.#ledger.fold(cancel);
    return report;
  }

  async #settle(report: FlushReport, cancel: Cancellable): Promise<readonly SentMessage[]> {
    return [...(await this.#sender.settle(report, cancel)), ...(await this.rooms.settle(report, cancel))];
  }

  async #renew(cancel: Cancellable): Promise<void> {
    for (const { id } of await this.#book.list(cancel)) await this.#layers.session(id).establish(cancel);
  }
}

async function* flat<T, R>(batches: AsyncGenerator<readonly T[], R, undefined>): AsyncGenerator<T, R, undefined> {
  let step = await batches.next();
  try {
    for (; !step.done; step = await batches.next()) yield* step.value;
    return step.value;
  } finally {
    if (!step.done) await batches.return(undefined as never);
  }
}
