import { cipherSuite as crypto, type Random, utf8 } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { memoryStore } from "@cweb/storage-local/memory";
import { createMeter, type Meter, type RemoteReader, withMeter } from "@cweb/storage-remote";
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

export class Home {
  readonly world: World;
  readonly index: number;
  readonly bucket: MemoryBucket = memoryBucket();
  /** Stands in front of the bucket for everybody; a test may replace it. */
  serve: (reader: RemoteReader) => RemoteReader = (reader) => reader;
  store: ReturnType<typeof memoryStore> = memoryStore();
  meter: Meter = createMeter();
  extra: Partial<PeerOptions> = {};
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
    const { meter } = this;
    const ownerOf = (profile: Uint8Array): Home => {
      const home = homes[Number(new TextDecoder().decode(profile).slice(7))];
      if (!home) throw new Error("no such bucket");
      return home;
    };
    const reader = (home: Home): RemoteReader => ({ read: (path, options) => home.serve(home.bucket.reader).read(path, options) });
    return {
      local: this.store,
      crypto,
      random,
      clock,
      meter,
      writer: withMeter(this.bucket.writer, meter),
      reader: withMeter(reader(this), meter),
      openReader: (profile) => withMeter(reader(ownerOf(profile)), meter),
      describeStore: (profile) => new TextDecoder().decode(profile),
      ...this.extra,
    };
  }

  /** A new process on this home. */
  async restart(extra: Partial<PeerOptions> = {}): Promise<Peer> {
    await this.peer.close();
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
