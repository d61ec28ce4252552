import { Broadcast } from "@cweb/broadcast";
import { type CwebId, Discovery, parseCard } from "@cweb/discovery";
import { FilePublisher } from "@cweb/file-sharing";
import { IdentityProfiles } from "@cweb/identity-profile";
import type { Mailbox } from "@cweb/mailbox";
import { createKindRegistry, type KindRegistry, Session } from "@cweb/session";
import { SharedObjects } from "@cweb/shared-object";
import { type GroupId, Rooms } from "@cweb/shared-session";
import { type Path, type RemoteReader, withTimeout } from "@cweb/storage-remote";
import type { Cancellable, ContactBook } from "./contact-book.ts";
import { type ObjectKind, ObjectKinds } from "./core/object-kinds.ts";
import { names } from "./core/records.ts";
import { fileLayer } from "./file-layer.ts";
import type { HomeParts } from "./home.ts";
import { defaultPatience, type PeerOptions } from "./peer-options.ts";
import { valueFiles } from "./value-files.ts";

/** The lower layers of one home, put together. */
export class Layers {
  readonly mailbox: Mailbox;
  readonly discovery: Discovery;
  readonly broadcast: Broadcast;
  readonly publisher: FilePublisher;
  readonly objects: SharedObjects;
  readonly profiles: IdentityProfiles;
  readonly rooms: Rooms;
  /** The same without the network: large values only where they were fetched already. */
  readonly atHand: { readonly objects: SharedObjects; readonly profiles: IdentityProfiles };
  /** Kinds of messages, and which layer takes them. */
  readonly kinds: KindRegistry;
  readonly #options: PeerOptions;
  readonly #sessions: Map<CwebId, Session> = new Map();
  readonly #readers: Map<string, RemoteReader> = new Map();
  /** Made when first asked for: most processes never count by kind. */
  #objectKinds: ObjectKinds | undefined;

  /** `introduce` makes a contact of a member of a room that must be written to. */
  constructor(options: PeerOptions, { mailbox, identity }: HomeParts, introduce: (card: string, cancel: Cancellable) => Promise<void>) {
    const { crypto } = options;
    this.#options = options;
    this.mailbox = mailbox;
    this.discovery = new Discovery({ mailbox, identity, crypto });
    this.broadcast = new Broadcast({ mailbox, discovery: this.discovery, crypto });
    this.publisher = new FilePublisher({ ...options, owner: identity.idBytes });
    this.objects = this.#sharedObjects(true);
    this.profiles = new IdentityProfiles({ mailbox, objects: this.objects });
    const objects = this.#sharedObjects(false);
    this.atHand = { objects, profiles: new IdentityProfiles({ mailbox, objects }) };
    this.rooms = this.#openRooms(introduce);
    this.kinds = createKindRegistry(options.kinds, [this.objects.layer, fileLayer, this.rooms.layer]);
  }

  session(id: CwebId): Session {
    const known = this.#sessions.get(id);
    if (known) return known;
    const { mailbox, discovery, broadcast, kinds } = this;
    const { crypto } = this.#options;
    const openReader = (profile: Uint8Array): RemoteReader => this.#reader(profile);
    const session = new Session(id, { mailbox, discovery, broadcast, crypto, kinds, openReader });
    this.#sessions.set(id, session);
    this.#objectKinds?.add(session.contact.idBytes);
    return session;
  }

  objectKind(path: Path): ObjectKind {
    if (!this.#objectKinds) {
      this.#objectKinds = new ObjectKinds(this.#options.crypto, this.discovery.identity);
      for (const { contact } of this.#sessions.values()) this.#objectKinds.add(contact.idBytes);
    }
    return this.#objectKinds.of(path);
  }

  /** Reads the bucket of this owner, which may be this home; `undefined` where it is no contact. */
  async readerOf(owner: CwebId, cancel: Cancellable): Promise<RemoteReader | undefined> {
    if (owner === this.discovery.identity.id) return this.#options.reader;
    const contact = await this.discovery.contact(owner, cancel);
    return contact && this.#reader(contact.profile);
  }

  /** Reads the bucket of a member of a room, who may be no contact. */
  async readerOfMember(member: CwebId, cancel: Cancellable): Promise<RemoteReader | undefined> {
    for (const id of await this.rooms.list(cancel)) {
      const card = (await this.rooms.status(id, cancel)).members.find((one) => one.id === member)?.card;
      if (card !== undefined) return this.#reader(parseCard(card).profile);
    }
    return undefined;
  }

  /** Encrypts what waits for these contacts, and begins sessions where there are none. */
  async establish(contacts: readonly CwebId[], cancel: Cancellable): Promise<void> {
    for (const contact of contacts) await this.session(contact).establish(cancel);
  }

  /** Names a contact's store, or the own one. */
  async storeOf(contact: CwebId | undefined, cancel: Cancellable): Promise<string> {
    const { describeStore = () => "" } = this.#options;
    if (contact === undefined) return describeStore(this.discovery.identity.profile);
    const found = await this.discovery.contact(contact, cancel);
    return found ? describeStore(found.profile) : "";
  }

  /** A member's name: the contact's, "me", or the Cweb Id of who is no contact. */
  async memberName(book: ContactBook, member: CwebId, cancel: Cancellable): Promise<string> {
    return member === this.discovery.identity.id ? "me" : ((await book.entry(member, cancel))?.name ?? member);
  }

  /** Names a member's store; empty for who is neither a contact nor a member any more. */
  async storeOfMember(room: GroupId, member: CwebId, cancel: Cancellable): Promise<string> {
    if (member === this.discovery.identity.id) return this.storeOf(undefined, cancel);
    if (await this.discovery.contact(member, cancel)) return this.storeOf(member, cancel);
    const card = (await this.rooms.status(room, cancel)).members.find(({ id }) => id === member)?.card;
    return card === undefined ? "" : (this.#options.describeStore?.(parseCard(card).profile) ?? "");
  }

  #openRooms(introduce: (card: string, cancel: Cancellable) => Promise<void>): Rooms {
    const { mailbox, discovery } = this;
    const { crypto, hints } = this.#options;
    const kindsOf = (): KindRegistry => this.kinds;
    return new Rooms({
      ...{ mailbox, crypto, identity: discovery.identity, kinds: kindsOf, introduce, ...(hints === undefined ? {} : { hints }) },
      card: (cancel) => discovery.card(cancel),
      enqueue: (tx, to, message) => this.session(to).enqueue(tx, message),
      addRider: (tx, to, rider, replaces) => this.session(to).addRider(tx, rider, { replaces }),
      reads: (to) => this.session(to).reads,
      isContact: (tx, member) => tx.get(names.contact(member)) !== undefined && discovery.contactOf(tx, member) !== undefined,
      openReader: (member, cancel) => this.#memberReader(member, cancel),
    });
  }

  /** A contact's descriptor says best where it is read. No member's store holds up a round for longer than a contact's. */
  async #memberReader(
    { id, profile }: { readonly id: CwebId; readonly profile: Uint8Array | undefined },
    cancel: Cancellable,
  ): Promise<RemoteReader | undefined> {
    const { clock, patience: milliseconds = defaultPatience } = this.#options;
    const reader = (await this.readerOf(id, cancel)) ?? (profile && this.#reader(profile));
    return reader && withTimeout(reader, { clock, milliseconds });
  }

  #sharedObjects(fetches: boolean): SharedObjects {
    const { mailbox, publisher } = this;
    const { crypto } = this.#options;
    return new SharedObjects({
      mailbox,
      crypto,
      ownId: this.discovery.identity.idBytes,
      enqueue: (tx, to, message) => this.session(to).enqueue(tx, message),
      addRider: (tx, to, rider, replaces) => this.session(to).addRider(tx, rider, { replaces }),
      reads: (to) => this.session(to).reads,
      openReader: (contact, cancel) => this.readerOf(contact, cancel),
      ...(fetches ? { files: valueFiles({ ...this.#options, publisher, readerOf: (owner, cancel) => this.readerOf(owner, cancel) }) } : {}),
    });
  }

  /** One reader a profile: what it keeps open and remembers serves all rounds. */
  #reader(profile: Uint8Array): RemoteReader {
    const key = profile.join();
    const known = this.#readers.get(key);
    if (known) return known;
    const reader = this.#options.openReader(profile);
    this.#readers.set(key, reader);
    return reader;
  }
}
