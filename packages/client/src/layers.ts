import { Broadcast } from "@cweb/broadcast";
import { type CwebId, Discovery } from "@cweb/discovery";
import type { Mailbox } from "@cweb/mailbox";
import { createKindRegistry, Session } from "@cweb/session";
import type { Path, RemoteReader } from "@cweb/storage-remote";
import type { Cancellable } from "./contact-book.ts";
import { type ObjectKind, ObjectKinds } from "./core/object-kinds.ts";
import type { HomeParts } from "./home.ts";
import type { PeerOptions } from "./peer-options.ts";

/** The lower layers of one home, put together. */
export class Layers {
  readonly mailbox: Mailbox;
  readonly discovery: Discovery;
  readonly broadcast: Broadcast;
  readonly #options: PeerOptions;
  readonly #sessions: Map<CwebId, Session> = new Map();
  readonly #readers: Map<string, RemoteReader> = new Map();
  /** Made when first asked for: most processes never count by kind. */
  #objectKinds: ObjectKinds | undefined;

  constructor(options: PeerOptions, { mailbox, identity }: HomeParts) {
    const { crypto } = options;
    this.#options = options;
    this.mailbox = mailbox;
    this.discovery = new Discovery({ mailbox, identity, crypto });
    this.broadcast = new Broadcast({ mailbox, discovery: this.discovery, crypto });
  }

  session(id: CwebId): Session {
    const known = this.#sessions.get(id);
    if (known) return known;
    const { mailbox, discovery, broadcast } = this;
    const { crypto, kinds: upper = [] } = this.#options;
    const openReader = (profile: Uint8Array): RemoteReader => this.#reader(profile);
    const session = new Session(id, { mailbox, discovery, broadcast, crypto, kinds: createKindRegistry(upper), openReader });
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

  /** Names a contact's store, or the own one. */
  async storeOf(contact: CwebId | undefined, cancel: Cancellable): Promise<string> {
    const { describeStore = () => "" } = this.#options;
    if (contact === undefined) return describeStore(this.discovery.identity.profile);
    const found = await this.discovery.contact(contact, cancel);
    return found ? describeStore(found.profile) : "";
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
