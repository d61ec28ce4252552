import type { ContactProfile, OwnProfile as Owned, ProfileView, PropertyChange, SetOptions } from "@cweb/identity-profile";
import type { FlushReport } from "@cweb/mailbox";
import type { Cancellable, ContactBook } from "./contact-book.ts";
import type { Layers } from "./layers.ts";
import { PeerError } from "./peer-error.ts";

type NoTypes = Record<never, never>;

export interface ProfileOptions extends Cancellable {
  /** Which of one's own profiles: 1 to 64 bytes, known to nobody else. Default: "default". */
  readonly profile?: string;
}

/** One's own profile. */
export interface OwnProfile extends ProfileView<NoTypes> {
  readonly contact: "me";
  /** Its private name. */
  readonly profile: string;
  readonly version: number;
  /** Names of the contacts who see it. */
  readonly subscribers: readonly string[];
  /** Why it is not uploaded yet, where the own store failed: a later round does it. */
  readonly failure?: unknown;
}

/** A contact's profile, as it was read last. */
export interface SharedProfile extends ProfileView<NoTypes> {
  /** The contact's name here. */
  readonly contact: string;
  readonly version: number;
  readonly state: ContactProfile<NoTypes>["state"];
}

export interface PeerProfileParts {
  readonly layers: Layers;
  readonly book: ContactBook;
  /** Uploads what waits. */
  readonly publish: (cancel: Cancellable) => Promise<FlushReport>;
}

/** Name, status, picture and more, for contacts of one's choice: several profiles of one's own, and those that contacts share. */
export class PeerProfile {
  readonly #parts: PeerProfileParts;

  constructor(parts: PeerProfileParts) {
    this.#parts = parts;
  }

  /** Changes what is named, and keeps the rest; null removes. Makes the profile where there is none. Throws `IdentityProfileError`s. */
  async set(change: PropertyChange<NoTypes>, options: SetOptions = {}): Promise<OwnProfile> {
    await this.#parts.layers.profiles.set(change, options);
    return this.#published(options);
  }

  /** Lets these contacts see this profile, and no other of one's own. Throws `PeerError` `unknown-contact`; `IdentityProfileError` `unknown-profile`. */
  async share(contacts: readonly string[], options: ProfileOptions = {}): Promise<OwnProfile> {
    const { layers, book } = this.#parts;
    const ids = await book.ids(contacts, cancelOf(options));
    await layers.profiles.share(ids, options);
    await layers.establish(ids, cancelOf(options));
    return this.#published(options);
  }

  /** Lets these contacts see no profile any more. Throws `PeerError` `unknown-contact`. */
  async unshare(contacts: readonly string[], cancel: Cancellable = {}): Promise<void> {
    const { layers, book, publish } = this.#parts;
    const ids = await book.ids(contacts, cancel);
    await layers.profiles.unshare(ids, cancel);
    await layers.establish(ids, cancel);
    await publish(cancel);
  }

  /** One's own profile; `undefined` where none was set under this name. */
  async own(options: ProfileOptions = {}): Promise<OwnProfile | undefined> {
    const found = await this.#parts.layers.profiles.own(options);
    return found && this.#view(found, cancelOf(options));
  }

  /** All of one's own profiles. */
  async list(cancel: Cancellable = {}): Promise<readonly OwnProfile[]> {
    const all = await this.#parts.layers.profiles.list(cancel);
    return Promise.all(all.map((one) => this.#view(one, cancel)));
  }

  /** What this contact shares; `undefined` where that is nothing, or its key has not come yet. Throws `PeerError` `unknown-contact`. */
  async of(name: string, cancel: Cancellable = {}): Promise<SharedProfile | undefined> {
    const { layers, book } = this.#parts;
    const entry = await book.find(name, cancel);
    const found = await layers.profiles.of(entry.id, cancel);
    return found && { contact: entry.name, ...found };
  }

  /** Deletes one of one's own profiles, for everybody who sees it. Throws `IdentityProfileError` `unknown-profile`. */
  async remove(options: ProfileOptions = {}): Promise<void> {
    await this.#parts.layers.profiles.remove(options);
    await this.#parts.publish(cancelOf(options));
  }

  async #published(options: ProfileOptions): Promise<OwnProfile> {
    const { failure } = await this.#parts.publish(cancelOf(options));
    const own = await this.own(options);
    if (own) return { ...own, ...(failure === undefined ? {} : { failure }) };
    throw new PeerError("unknown-object", "This profile was removed meanwhile.");
  }

  async #view({ contacts, ...rest }: Owned<NoTypes>, cancel: Cancellable): Promise<OwnProfile> {
    return { contact: "me", ...rest, subscribers: await this.#parts.book.namesOf(contacts, cancel) };
  }
}

const cancelOf = ({ signal }: Cancellable): Cancellable => (signal ? { signal } : {});
