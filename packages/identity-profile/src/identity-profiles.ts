import type { CwebId } from "@cweb/discovery";
import type { Mailbox, Transaction } from "@cweb/mailbox";
import type { Value, WireType } from "@cweb/serialization";
import { encodeObjectId, type ObjectState, type Owned, SharedObjectError, type SharedObjects, type Subscribed } from "@cweb/shared-object";
import { type BookEntry, bookRecord, decodeBook, encodeBook, type ProfileBook } from "./core/book.ts";
import { limits } from "./core/limits.ts";
import { checkProfileName } from "./core/profile-name.ts";
import { changed, type ProfileView, type PropertyChange, type PropertyTypes, typesOf, viewOf } from "./core/properties.ts";
import { IdentityProfileError } from "./identity-profile-error.ts";
import { decodeProfile, type ProfileEntries } from "./wire/profile.ts";

/** What the objects of this layer are for, as their subscribers learn it. The same for all profiles: nobody learns their names. */
export const profileTopic = "profile";

export interface IdentityProfilesOptions<T extends PropertyTypes> {
  readonly mailbox: Pick<Mailbox, "load" | "transact">;
  readonly objects: SharedObjects;
  /** The application's own properties. */
  readonly types?: T;
}

export interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface ProfileOptions extends Cancellable {
  /** Which of one's own profiles: 1 to 64 bytes, known to nobody else. By default "default". */
  readonly profile?: string;
}

export interface SetOptions extends ProfileOptions {
  /** Properties without a type here: a value sets, null removes. */
  readonly opaque?: ReadonlyMap<string, Value | null>;
}

/** One's own profile. */
export interface OwnProfile<T extends PropertyTypes> extends ProfileView<T> {
  /** Its private name. */
  readonly profile: string;
  readonly version: number;
  /** Who sees it. */
  readonly contacts: readonly CwebId[];
}

/** A contact's profile, as it was read last. */
export interface ContactProfile<T extends PropertyTypes> extends ProfileView<T> {
  /**
   * Properties are shown where it is `current` or `stale`. `malformed`: what came is no profile that is understood here. `unfetched`: it travels as
   * a file, which is not here, and `SharedObjects` has no port for files.
   */
  readonly state: ObjectState | "malformed" | "unfetched";
  readonly version: number;
}

/**
 * One's own profiles, and those that contacts share. State lives in the mailbox; any number of objects and processes may speak for one home.
 * Failures of `@cweb/shared-object` and below pass through.
 */
export class IdentityProfiles<T extends PropertyTypes = Record<never, never>> {
  readonly #mailbox: IdentityProfilesOptions<T>["mailbox"];
  readonly #objects: SharedObjects;
  readonly #types: ReadonlyMap<string, WireType<unknown>>;

  /** Throws `bad-schema` for a type under a name that is taken or cannot be. */
  constructor({ mailbox, objects, types }: IdentityProfilesOptions<T>) {
    this.#mailbox = mailbox;
    this.#objects = objects;
    this.#types = typesOf(types ?? {});
  }

  /**
   * Changes what is named and keeps the rest; the first time it makes the profile, which nobody sees yet. Durable when it resolves; the
   * mailbox's flush uploads it. Throws `bad-property`, `too-large`, `bad-profile-name`: then nothing was changed.
   */
  async set(change: PropertyChange<T>, { profile, opaque = new Map(), signal }: SetOptions = {}): Promise<{ readonly version: number }> {
    const name = nameIn(profile);
    const wanted = { properties: change as Readonly<Record<string, unknown>>, opaque };
    // What cannot be set makes no profile.
    const first = changed(this.#types, new Map(), wanted);
    for (;;) {
      signal?.throwIfAborted();
      const seen = (await this.#book(signal)).get(name);
      const found = (await this.#liveOf(seen, signal)) ?? (await this.#make(name, seen, first, signal));
      const before = found && (await this.#objects.value(found.id, cancel(signal)));
      if (!found || !before) continue; // Another process was faster.
      const next = changed(this.#types, entriesIn(before), wanted);
      if (isSame(next, before)) return { version: found.version };
      const done = await this.#update(found, next, signal);
      if (done) return done;
    }
  }

  /** One's own profile; `undefined` where none was set under this name. */
  async own({ profile, signal }: ProfileOptions = {}): Promise<OwnProfile<T> | undefined> {
    const name = nameIn(profile);
    const found = await this.#find(name, signal);
    return found && this.#ownView(name, found, signal);
  }

  /** All of one's own profiles. */
  async list({ signal }: Cancellable = {}): Promise<readonly OwnProfile<T>[]> {
    const [book, owned] = await Promise.all([this.#book(signal), this.#owned(signal)]);
    const views = [...book].map(async ([name, { objectId }]) => {
      const found = owned.find(({ id }) => id === objectId);
      return found && this.#ownView(name, found, signal);
    });
    return (await Promise.all(views)).filter((view) => view !== undefined);
  }

  /**
   * Lets these contacts see this profile, and no other of one's own from now on. Durable when it resolves. Throws `unknown-profile`, and of
   * `@cweb/shared-object` `unknown-contact`, `too-many-subscribers`: then nothing was changed.
   */
  async share(contacts: readonly CwebId[], { profile, signal }: ProfileOptions = {}): Promise<void> {
    const { id } = await this.#require(nameIn(profile), signal);
    await this.#objects.assign(contacts, { topic: profileTopic, to: id }, cancel(signal));
  }

  /** Lets these contacts see no profile any more: they keep what they have seen, and see nothing new. */
  async unshare(contacts: readonly CwebId[], { signal }: Cancellable = {}): Promise<void> {
    await this.#objects.assign(contacts, { topic: profileTopic }, cancel(signal));
  }

  /** Deletes a profile, for everybody who sees it. Throws `unknown-profile`. */
  async remove({ profile, signal }: ProfileOptions = {}): Promise<void> {
    const name = nameIn(profile);
    const { id } = await this.#require(name, signal);
    // In this order: a crash between the two leaves a name for what is gone, which is as good as none.
    await this.#objects.remove(id, cancel(signal));
    await this.#changeBook((book) => {
      if (book.get(name)?.objectId === id) book.delete(name);
    }, signal);
  }

  /** The newest profile that this contact shares, as it was read last; `undefined` where it has shared none. */
  async of(contact: CwebId, { signal }: Cancellable = {}): Promise<ContactProfile<T> | undefined> {
    const newest = newestOf(await this.#objects.subscriptions({ contact, ...cancel(signal) }));
    if (!newest) return undefined;
    const { id, state, version } = newest;
    if (state !== "current" && state !== "stale") return { state, version, ...nothing };
    const found = await this.#objects.get(contact, id, cancel(signal));
    if (!found) return { state: "unfetched", version, ...nothing };
    const entries = decodeProfile(found.value);
    const of = { state: found.state, version: found.version };
    return entries ? { ...of, ...viewOf<T>(this.#types, entries) } : { ...of, state: "malformed", ...nothing };
  }

  async #ownView(
    profile: string,
    { id, version, subscribers }: Owned,
    signal: AbortSignal | undefined,
  ): Promise<OwnProfile<T> | undefined> {
    const value = await this.#objects.value(id, cancel(signal));
    return value && { profile, version, contacts: subscribers, ...viewOf<T>(this.#types, entriesIn(value)) };
  }

  /** Writes only over what was read. Answers `undefined` where another process was faster. */
  async #update(
    { id, version }: Owned,
    value: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly version: number } | undefined> {
    try {
      return await this.#objects.update(id, value, { ifVersion: version, ...cancel(signal) });
    } catch (error) {
      if (["conflict", "object-deleted", "unknown-object"].includes(codeOf(error))) return undefined;
      throw error;
    }
  }

  /**
   * A new profile. Its object's id is in the book first, so that a crash leaves nothing that a repetition does not finish. Answers `undefined`
   * where another process was faster, or has removed it.
   */
  async #make(name: string, seen: BookEntry | undefined, value: Uint8Array, signal: AbortSignal | undefined): Promise<Owned | undefined> {
    const id = await this.#changeBook((book, tx) => {
      const known = book.get(name);
      if (known?.objectId !== seen?.objectId || known?.isMade !== seen?.isMade) return undefined;
      if (known && !known.isMade) return known.objectId;
      if (!known && book.size >= limits.profiles)
        throw new IdentityProfileError("too-large", `There may be at most ${limits.profiles} profiles.`);
      const objectId = encodeObjectId(tx.random.bytes(16));
      book.set(name, { objectId, isMade: false });
      return objectId;
    }, signal);
    if (id === undefined) return undefined;
    const isThere = await this.#objects.create({ id, topic: profileTopic, value }, cancel(signal)).then(
      () => true,
      (error: unknown) => {
        if (codeOf(error) === "object-deleted") return false;
        throw error;
      },
    );
    await this.#changeBook((book) => {
      if (book.get(name)?.objectId === id) book.set(name, { objectId: id, isMade: true });
    }, signal);
    return isThere ? this.#find(name, signal) : undefined;
  }

  async #require(name: string, signal: AbortSignal | undefined): Promise<Owned> {
    const found = await this.#find(name, signal);
    if (!found) throw new IdentityProfileError("unknown-profile", "This home has no profile of that name: set a property first.");
    return found;
  }

  async #find(name: string, signal: AbortSignal | undefined): Promise<Owned | undefined> {
    return this.#liveOf((await this.#book(signal)).get(name), signal);
  }

  async #liveOf(known: BookEntry | undefined, signal: AbortSignal | undefined): Promise<Owned | undefined> {
    return known && (await this.#owned(signal)).find(({ id }) => id === known.objectId);
  }

  async #owned(signal: AbortSignal | undefined): Promise<readonly Owned[]> {
    const owned = await this.#objects.owned(cancel(signal));
    return owned.filter(({ topic, isDeleted }) => topic === profileTopic && !isDeleted);
  }

  async #book(signal: AbortSignal | undefined): Promise<ProfileBook> {
    return decodeBook((await this.#mailbox.load([bookRecord], cancel(signal))).get(bookRecord));
  }

  #changeBook<R>(change: (book: Map<string, BookEntry>, tx: Transaction) => R, signal: AbortSignal | undefined): Promise<R> {
    return this.#mailbox.transact(
      { read: [bookRecord] },
      (tx) => {
        const book = new Map(decodeBook(tx.get(bookRecord)));
        const result = change(book, tx);
        tx.put(bookRecord, encodeBook(book));
        return result;
      },
      cancel(signal),
    );
  }
}

const nameIn = (profile: string = "default"): string => checkProfileName(profile);

const cancel = (signal: AbortSignal | undefined): Cancellable => (signal ? { signal } : {});

const nothing = { properties: {}, opaque: new Map(), malformed: [] } as const;

/** One that can be read comes before one that has ended; then the newest counts, since versions are values of one counter. */
function newestOf(shared: readonly Subscribed[]): Subscribed | undefined {
  const rank = ({ state }: Subscribed): number => (state === "revoked" || state === "deleted" ? 0 : 1);
  const profiles = shared.filter(({ topic }) => topic === profileTopic);
  return profiles.sort((a, b) => rank(b) - rank(a) || b.version - a.version)[0];
}

function entriesIn(value: Uint8Array): ProfileEntries {
  const entries = decodeProfile(value);
  if (!entries) throw new IdentityProfileError("corrupt-state", "A profile of this home cannot be read.");
  return entries;
}

const codeOf = (error: unknown): string => (error instanceof SharedObjectError ? error.code : "");

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
