import { Broadcast } from "@cweb/broadcast";
import { cipherSuite as crypto, type Random, utf8 } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { createIdentity, Discovery, loadIdentity, parseCard } from "@cweb/discovery";
import { type InboxEntry, Mailbox } from "@cweb/mailbox";
import { type MemorySnapshot, memoryStore } from "@cweb/storage-local/memory";
import type { RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import { memoryBucket } from "@cweb/storage-remote/memory";
import { createKindRegistry, kinds, Session, type SessionEvent, sessionEventCodec } from "../../src/index.ts";

/** When the tests' world begins. */
export const epoch: number = Date.UTC(2026, 0, 1);
export const day: number = 24 * 3600 * 1000;

/** Peers by number, each with a bucket, a home and a reader of every other bucket; one virtual clock. */
export class World {
  readonly clock: VirtualClock = new VirtualClock(epoch);
  readonly random: Random;
  readonly peers: TestPeer[] = [];

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  async peer(): Promise<TestPeer> {
    const peer = new TestPeer(this, this.peers.length);
    this.peers.push(peer);
    await peer.start();
    return peer;
  }
}

export interface TestPorts {
  reader(of: TestPeer): RemoteReader;
  writer(of: TestPeer): RemoteWriter;
}

/** One home: its bucket outlives it, its objects can be made anew at any time, as after a crash. */
export class TestPeer {
  readonly world: World;
  readonly index: number;
  readonly bucket: ReturnType<typeof memoryBucket> = memoryBucket();
  store: ReturnType<typeof memoryStore> = memoryStore();
  mailbox!: Mailbox;
  discovery!: Discovery;
  broadcast!: Broadcast;
  gets = 0;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  get profile(): Uint8Array {
    return utf8(`peer ${this.index}`);
  }

  /** A new process on this home. */
  async start(): Promise<void> {
    const { random, clock } = this.world;
    const local = this.store;
    const found = await loadIdentity({ local, crypto });
    const identity = found ?? (await createIdentity({ local, crypto, random, profile: this.profile })).identity;
    const { reader, writer } = this.bucket;
    const home = { id: identity.idBytes, beaconPath: identity.beacon.path, beaconKey: identity.beacon.key };
    this.mailbox = new Mailbox({ local, reader, writer, clock, random, crypto, home });
    this.discovery = new Discovery({ mailbox: this.mailbox, identity, crypto });
    this.broadcast = new Broadcast({ mailbox: this.mailbox, discovery: this.discovery, crypto });
  }

  snapshot(): MemorySnapshot {
    return this.store.snapshot();
  }

  async restore(from: MemorySnapshot): Promise<void> {
    this.store = memoryStore({ from });
    await this.start();
  }

  session(other: TestPeer): Session {
    const { mailbox, discovery, broadcast } = this;
    const openReader = (profile: Uint8Array): RemoteReader => {
      const owner = this.world.peers.find((peer) => peer.profile.every((byte, i) => byte === profile[i]));
      if (!owner) throw new Error("no such bucket");
      return {
        read: (path, options) => {
          this.gets++;
          return owner.bucket.reader.read(path, options);
        },
      };
    };
    return new Session(other.discovery.identity.id, { mailbox, discovery, broadcast, crypto, kinds: createKindRegistry(), openReader });
  }

  async meet(other: TestPeer): Promise<void> {
    await this.discovery.addContact(parseCard(await other.discovery.card()));
  }

  async flush(): Promise<void> {
    await this.mailbox.begin();
    await this.discovery.maintain();
    await this.broadcast.seal();
    const report = await this.mailbox.flush();
    if (report.failure) throw report.failure;
    await this.discovery.noteFlush(report);
  }

  async say(other: TestPeer, text: string): Promise<void> {
    await this.session(other).send({ kind: kinds.text.number, payload: utf8(text) });
    await this.flush();
  }

  async poll(other: TestPeer, full = false): Promise<void> {
    const report = await this.session(other).poll({ full });
    if (report.failure) throw report.failure;
    await this.flush();
  }

  /** Everything in the inbox, acknowledged. */
  async events(): Promise<readonly (SessionEvent & { readonly type: string })[]> {
    const entries: readonly InboxEntry[] = await this.mailbox.takeInbox({ limit: 1000 });
    await this.mailbox.acknowledge(entries.map(({ seq }) => seq));
    return entries.filter(({ body }) => body.length > 0).map(({ kind, body }) => ({ type: kind, ...sessionEventCodec.decode(body) }));
  }

  async texts(): Promise<readonly string[]> {
    return (await this.events()).filter(({ type }) => type === "message").map(({ payload }) => new TextDecoder().decode(payload));
  }
}
