import { cipherSuite as crypto, type Random, utf8 } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { memoryStore, type MemorySnapshot as StoreSnapshot } from "@cweb/storage-local/memory";
import { type Crash, withCrashes } from "@cweb/storage-local/testing";
import { createMeter, type Meter, type RemoteReader, type RemoteWriter, withMeter } from "@cweb/storage-remote";
import { type MemoryBucket, memoryBucket } from "@cweb/storage-remote/memory";
import { Peer, type PeerEvent, type PeerOptions } from "../../src/index.ts";

export const minute = 60_000;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;

/** Peers with a bucket and a home each, who can all read each other's buckets; one virtual clock. */
export class World {
  readonly clock: VirtualClock = new VirtualClock(Date.UTC(2026, 0, 1));
  readonly random: Random;
  readonly homes: Home[] = [];

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** All homes and buckets as they are, for `World.revived`; the processes do not live on. */
  snapshot(): Stage {
    return {
      now: this.clock.now(),
      homes: this.homes.map(({ store, bucket }) => ({ store: store.snapshot(), bucket: bucket.snapshot() })),
    };
  }

  /** Another run of the world from there, with other randomness. */
  static async revived(stage: Stage, seed: number): Promise<World> {
    const world = new World(seed);
    world.clock.advance(stage.now - world.clock.now());
    for (const { store, bucket } of stage.homes) {
      const home = new Home(world, world.homes.length);
      home.store = memoryStore({ from: store });
      home.bucket.restore(bucket);
      world.homes.push(home);
    }
    for (const home of world.homes) home.peer = await Peer.open(home.options());
    return world;
  }

  async home(): Promise<Home> {
    const home = new Home(this, this.homes.length);
    this.homes.push(home);
    home.peer = (await Peer.create({ ...home.options(), profile: home.profile })).peer;
    await home.peer.flush();
    return home;
  }

  /** Two homes that know each other. */
  async pair(): Promise<readonly [Home, Home]> {
    const [ada, ben] = [await this.home(), await this.home()];
    await ada.peer.addContact(await ben.peer.card(), "ben");
    await ben.peer.addContact(await ada.peer.card(), "ada");
    return [ada, ben];
  }
}

export interface Stage {
  readonly now: number;
  readonly homes: readonly { readonly store: StoreSnapshot; readonly bucket: ReturnType<MemoryBucket["snapshot"]> }[];
}

export class Home {
  readonly world: World;
  readonly index: number;
  readonly bucket: MemoryBucket = memoryBucket();
  /** Stands in front of the bucket for everybody; a test may replace it. */
  serve: (reader: RemoteReader) => RemoteReader = (reader) => reader;
  store: ReturnType<typeof memoryStore> = memoryStore();
  meter: Meter = createMeter();
  extra: Partial<PeerOptions> = {};
  /** Ends the processes that are begun while it is set. */
  crash: Crash | null = null;
  peer!: Peer;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  get profile(): Uint8Array {
    return utf8(`bucket ${this.index}`);
  }

  options(): PeerOptions {
    const { clock, random, homes } = this.world;
    const { meter, crash } = this;
    const ownerOf = (profile: Uint8Array): Home => {
      const home = homes[Number(new TextDecoder().decode(profile).slice(7))];
      if (!home) throw new Error("no such bucket");
      return home;
    };
    const run = <T>(call: () => Promise<T>): Promise<T> => (crash ? crash.run(call) : call());
    const reader = (home: Home): RemoteReader => ({
      read: (path, options) => run(() => home.serve(home.bucket.reader).read(path, options)),
    });
    const { writer } = this.bucket;
    const dying: RemoteWriter = {
      checksClock: writer.checksClock,
      write: (path, bytes, options) => run(() => writer.write(path, bytes, options)),
      remove: (path, options) => run(() => writer.remove(path, options)),
    };
    return {
      local: crash ? withCrashes(this.store, crash) : this.store,
      crypto,
      random,
      clock,
      meter,
      writer: withMeter(dying, meter),
      reader: withMeter(reader(this), meter),
      openReader: (profile) => withMeter(reader(ownerOf(profile)), meter),
      describeStore: (profile) => new TextDecoder().decode(profile),
      ...this.extra,
    };
  }

  /** A new process on this home. */
  async restart(extra: Partial<PeerOptions> = {}): Promise<Peer> {
    // One that has died cannot even be closed.
    await this.peer.close().catch(() => undefined);
    this.extra = { ...this.extra, ...extra };
    this.peer = await Peer.open(this.options());
    return this.peer;
  }

  /** What one round brings, acknowledged. */
  async round(full = false): Promise<readonly PeerEvent[]> {
    const events: PeerEvent[] = [];
    for await (const batch of this.peer.round({ full })) {
      events.push(...batch);
      await this.peer.acknowledge(batch);
    }
    return events;
  }

  /** The texts that some rounds bring. */
  async texts(rounds = 2): Promise<readonly string[]> {
    const texts: string[] = [];
    for (let i = 0; i < rounds; i++) for (const event of await this.round()) if (event.type === "message") texts.push(event.text ?? "");
    return texts;
  }
}
