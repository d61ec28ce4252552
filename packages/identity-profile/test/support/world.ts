import { Broadcast } from "@cweb/broadcast";
import { cipherSuite as crypto, utf8 } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { type CwebId, createIdentity, Discovery, loadIdentity } from "@cweb/discovery";
import { Mailbox } from "@cweb/mailbox";
import { createKindRegistry, Session } from "@cweb/session";
import { SharedObjects, type ValueFiles } from "@cweb/shared-object";
import type { LocalStore } from "@cweb/storage-local";
import { memoryStore } from "@cweb/storage-local/memory";
import { type Path, type RemoteReader, type RemoteWriter, StorageRemoteError } from "@cweb/storage-remote";
import { memoryBucket } from "@cweb/storage-remote/memory";
import { IdentityProfiles, type IdentityProfilesOptions, type PropertyTypes } from "../../src/index.ts";

export const minute = 60_000;

/** People with a bucket each, over real sessions, in one virtual time. */
export class World {
  readonly clock: VirtualClock = new VirtualClock();
  /** How many have been started: each draws other random bytes. */
  processes = 0;
  readonly #readers: Map<string, RemoteReader> = new Map();

  openReader = (profile: Uint8Array): RemoteReader => {
    const reader = this.#readers.get(new TextDecoder().decode(profile));
    if (!reader) throw new StorageRemoteError("unreachable", "no such bucket");
    return reader;
  };

  async person(name: string): Promise<Person> {
    const person = new Person(this, name);
    this.#readers.set(name, person.bucket.reader);
    await person.start();
    await person.flush();
    return person;
  }
}

/** Both know each other. */
export async function acquaint(...people: readonly Person[]): Promise<void> {
  for (const one of people) {
    for (const other of people) if (one !== other) await one.discovery.addContact(one.discovery.parseCard(await other.discovery.card()));
  }
}

/** Keeps every record that a store was ever given. */
function recorded(store: LocalStore, written: Uint8Array[]): LocalStore {
  return {
    load: (names, options) => store.load(names, options),
    scan: (prefix, options) => store.scan(prefix, options),
    commit: (batch, options) => {
      for (const bytes of batch.put.values()) written.push(bytes.slice());
      return store.commit(batch, options);
    },
    close: () => store.close(),
  };
}

/** One home, of which everything is kept that its disk and its bucket ever held. */
export class Person {
  readonly world: World;
  readonly name: string;
  readonly store: ReturnType<typeof memoryStore>;
  readonly local: LocalStore;
  readonly bucket: ReturnType<typeof memoryBucket> = memoryBucket();
  /** Every record that the disk was ever given. */
  readonly written: Uint8Array[] = [];
  /** Every object that the bucket was ever given. */
  readonly stored: { readonly path: Path; readonly bytes: Uint8Array }[] = [];
  id!: CwebId;
  mailbox!: Mailbox;
  discovery!: Discovery;
  objects!: SharedObjects;
  profiles!: IdentityProfiles;
  #broadcast!: Broadcast;
  #sessionOf!: (id: CwebId) => Session;

  constructor(world: World, name: string, store: ReturnType<typeof memoryStore> = memoryStore()) {
    this.world = world;
    this.name = name;
    this.store = store;
    this.local = recorded(store, this.written);
  }

  /** A new process of this home. */
  async start({ local = this.local, files }: { readonly local?: LocalStore; readonly files?: ValueFiles } = {}): Promise<void> {
    const { clock, openReader } = this.world;
    const random = seededRandom(++this.world.processes);
    const known = await loadIdentity({ local: this.local, crypto });
    const identity = known ?? (await createIdentity({ local, crypto, random, profile: utf8(this.name) })).identity;
    const home = { id: identity.idBytes, beaconPath: identity.beacon.path, beaconKey: identity.beacon.key };
    const mailbox = new Mailbox({ local, reader: this.bucket.reader, writer: this.#writer(), clock, random, crypto, home });
    const discovery = new Discovery({ mailbox, identity, crypto });
    const broadcast = new Broadcast({ mailbox, discovery, crypto });
    const objects = new SharedObjects({
      mailbox,
      crypto,
      ownId: identity.idBytes,
      enqueue: (tx, to, message) => void sessionOf(to).enqueue(tx, message),
      addRider: (tx, to, rider, replaces) => sessionOf(to).addRider(tx, rider, { replaces }),
      openReader: async (contact) => {
        const found = await discovery.contact(contact);
        return found && openReader(found.profile);
      },
      ...(files ? { files } : {}),
    });
    const kinds = createKindRegistry([], [objects.layer]);
    const sessionOf = (id: CwebId): Session => new Session(id, { mailbox, discovery, broadcast, crypto, kinds, openReader });
    this.id = identity.id;
    this.mailbox = mailbox;
    this.discovery = discovery;
    this.objects = objects;
    this.#broadcast = broadcast;
    this.#sessionOf = sessionOf;
    this.profiles = this.profilesWith({});
  }

  profilesWith<T extends PropertyTypes>(types: T): IdentityProfiles<T> {
    const { mailbox, objects } = this;
    const options: IdentityProfilesOptions<T> = { mailbox, objects, types };
    return new IdentityProfiles(options);
  }

  async flush(): Promise<void> {
    await this.discovery.maintain();
    await this.objects.maintain();
    for (const { id } of await this.discovery.contacts()) await this.#sessionOf(id).establish();
    await this.#broadcast.seal();
    const report = await this.mailbox.flush();
    if (report.failure !== undefined) throw report.failure;
    await this.discovery.noteFlush(report);
    await this.objects.noteFlush(report);
  }

  /** A round as the client makes one, that asks for all objects. */
  async round(): Promise<void> {
    for (const { id } of await this.discovery.contacts()) {
      const { failure } = await this.#sessionOf(id).poll({ full: true });
      if (failure !== undefined) throw failure;
      const polled = await this.objects.poll(id, { all: true });
      if (polled.failure !== undefined) throw polled.failure;
    }
    await this.flush();
  }

  #writer(): RemoteWriter {
    const { writer } = this.bucket;
    return {
      checksClock: true,
      write: (path, bytes, options) => {
        this.stored.push({ path, bytes: bytes.slice() });
        return writer.write(path, bytes, options);
      },
      remove: (path, options) => writer.remove(path, options),
    };
  }
}

/** Rounds of everybody, some minutes apart, until what was sent has arrived. */
export async function settle(world: World, ...people: readonly Person[]): Promise<void> {
  for (let n = 0; n < 2; n++) {
    for (const person of people) await person.round();
    world.clock.advance(2 * minute);
  }
}

/** Three people who know each other. */
export async function trio(): Promise<{ readonly world: World; readonly ada: Person; readonly ben: Person; readonly cleo: Person }> {
  const world = new World();
  const [ada, ben, cleo] = [await world.person("ada"), await world.person("ben"), await world.person("cleo")];
  await acquaint(ada, ben, cleo);
  await settle(world, ada, ben, cleo);
  return { world, ada, ben, cleo };
}
