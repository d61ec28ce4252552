import { Broadcast } from "@cweb/broadcast";
import { type CipherSuite, type Clock, cipherSuite, type Random, utf8 } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { createIdentity, Discovery, loadIdentity, type PeerDescriptor, parseCard } from "@cweb/discovery";
import { type InboxEntry, Mailbox } from "@cweb/mailbox";
import { type MemorySnapshot, memoryStore } from "@cweb/storage-local/memory";
import { type Crash, withCrashes } from "@cweb/storage-local/testing";
import {
  type Path,
  type ReadOptions,
  type ReadResult,
  type RemoteReader,
  type RemoteWriter,
  StorageRemoteError,
} from "@cweb/storage-remote";
import { memoryBucket } from "@cweb/storage-remote/memory";
import type { SessionState } from "../../src/core/state.ts";
import { stateCodec } from "../../src/core/state-codec.ts";
import {
  createKindRegistry,
  type KindRegistry,
  kinds,
  type RoundReport,
  Session,
  type SessionEvent,
  sessionEventCodec,
} from "../../src/index.ts";

/** When the tests' world begins. */
export const epoch: number = Date.UTC(2026, 0, 1);
export const minute = 60_000;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;

/** How far a clock may be off before a provider refuses signed requests. */
const clockTolerance = 15 * minute;

/** One request that reached a bucket. */
export interface Request {
  readonly op: "get" | "put" | "delete";
  /** Index of the peer that asked. */
  readonly by: number;
  readonly owner: TestPeer;
  readonly path: Path;
  readonly bytes?: Uint8Array;
}

export interface WorldOptions {
  kinds?: KindRegistry;
  readonly crypto?: CipherSuite;
  /** What a reader is told instead of the truth; may throw. */
  readonly lie?: (request: Request, answer: ReadResult) => ReadResult;
}

/** Peers by number, each with a bucket, a home and a reader of every other bucket; one virtual time. */
export class World {
  readonly clock: VirtualClock = new VirtualClock(epoch);
  readonly random: Random;
  readonly peers: TestPeer[] = [];
  readonly options: WorldOptions;
  readonly requests: Request[] = [];

  constructor(seed: number, options: WorldOptions = {}) {
    this.random = seededRandom(seed);
    this.options = options;
  }

  async peer(): Promise<TestPeer> {
    const peer = new TestPeer(this, this.peers.length);
    this.peers.push(peer);
    await peer.start();
    // Fewer slots are fewer keys to make: their number changes nothing here.
    await peer.discovery.setSlotBits(0);
    await peer.flush();
    return peer;
  }

  /** Peers that know each other. */
  async meeting(count: number): Promise<readonly TestPeer[]> {
    const peers: TestPeer[] = [];
    for (let i = 0; i < count; i++) peers.push(await this.peer());
    for (const one of peers) for (const other of peers) if (one !== other) await one.meet(other);
    this.requests.length = 0;
    return peers;
  }
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
  /** How far this peer's clock is off, in ms. */
  clockOffset = 0;
  /** All requests fail while it is offline. */
  isOffline = false;
  crash: Crash | null = null;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  get profile(): Uint8Array {
    return utf8(`peer ${this.index}`);
  }

  get crypto(): CipherSuite {
    return this.world.options.crypto ?? cipherSuite;
  }

  /** GETs on the buckets of others. */
  get gets(): number {
    return this.requestsOf("get").filter(({ owner }) => owner !== this).length;
  }

  requestsOf(op: Request["op"]): readonly Request[] {
    return this.world.requests.filter((request) => request.by === this.index && request.op === op);
  }

  /** A new process on this home. */
  async start(): Promise<void> {
    const { world, crypto } = this;
    const { random } = world;
    const local = withCrashes(this.store, this.crash);
    const found = await loadIdentity({ local, crypto });
    const identity = found ?? (await createIdentity({ local, crypto, random, profile: this.profile })).identity;
    const home = { id: identity.idBytes, beaconPath: identity.beacon.path, beaconKey: identity.beacon.key };
    const clock: Clock = {
      now: () => world.clock.now() + this.clockOffset,
      sleep: (milliseconds, signal) => world.clock.sleep(milliseconds, signal),
    };
    this.mailbox = new Mailbox({ local, reader: this.#reader(this), writer: this.#writer(), clock, random, crypto, home });
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
    const { mailbox, discovery, broadcast, crypto, world } = this;
    const openReader = (profile: Uint8Array): RemoteReader => {
      const owner = world.peers.find((peer) => peer.profile.every((byte, i) => byte === profile[i]));
      if (!owner) throw new Error("no such bucket");
      return this.#reader(owner);
    };
    const registry = world.options.kinds ?? createKindRegistry();
    return new Session(other.discovery.identity.id, { mailbox, discovery, broadcast, crypto, kinds: registry, openReader });
  }

  /** What this home keeps of another peer. */
  async state(other: TestPeer): Promise<SessionState | undefined> {
    const name = `session/${other.discovery.identity.id}/state`;
    const record = (await this.store.load([name])).get(name);
    return record && stateCodec.decode(record.bytes);
  }

  /** Paths of the objects that this home changes in place. */
  mutablePaths(): readonly Path[] {
    const { identity } = this.discovery;
    const own = { idBytes: identity.idBytes, slotBits: 0 } as PeerDescriptor;
    return [identity.beacon.path, this.discovery.descriptorPath(identity.idBytes), this.broadcast.slotPath(own)];
  }

  /** Stored objects of sessions. */
  objects(): readonly Path[] {
    const mutable = new Set(this.mutablePaths());
    return [...this.bucket.objects().keys()].filter((path) => !mutable.has(path));
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

  async say(other: TestPeer, text: string, messageId?: Uint8Array): Promise<void> {
    await this.session(other).send({ kind: kinds.text.number, payload: utf8(text), ...(messageId ? { messageId } : {}) });
    await this.flush();
  }

  async poll(other: TestPeer, full = false): Promise<RoundReport> {
    const report = await this.session(other).poll({ full });
    if (report.failure) throw report.failure;
    await this.flush();
    return report;
  }

  /** Everything in the inbox, acknowledged. */
  async events(): Promise<readonly (SessionEvent & { readonly type: string })[]> {
    const entries: readonly InboxEntry[] = await this.mailbox.takeInbox({ limit: 1000 });
    await this.mailbox.acknowledge(entries.map(({ seq }) => seq));
    return entries.filter(({ body }) => body.length > 0).map(({ kind, body }) => ({ type: kind, ...sessionEventCodec.decode(body) }));
  }

  async eventsOf(type: string): Promise<readonly SessionEvent[]> {
    return (await this.events()).filter((event) => event.type === type);
  }

  async texts(): Promise<readonly string[]> {
    return (await this.eventsOf("message")).map(({ payload }) => new TextDecoder().decode(payload));
  }

  #run<T>(call: () => Promise<T>): Promise<T> {
    if (this.isOffline) return Promise.reject(new StorageRemoteError("unreachable", "this peer is offline"));
    return this.crash ? this.crash.run(call) : call();
  }

  #checkClock(): void {
    if (Math.abs(this.clockOffset) > clockTolerance) throw new StorageRemoteError("clock-skew", "set the clock of this machine");
  }

  #reader(owner: TestPeer): RemoteReader {
    const { requests, options } = this.world;
    return {
      read: (path: Path, how: ReadOptions) =>
        this.#run(async () => {
          const request: Request = { op: "get", by: this.index, owner, path };
          // The own bucket is asked with signed requests; others are public here.
          if (owner === this) this.#checkClock();
          requests.push(request);
          const answer = await owner.bucket.reader.read(path, how);
          return options.lie ? options.lie(request, answer) : answer;
        }),
    };
  }

  #writer(): RemoteWriter {
    const { requests } = this.world;
    const { writer } = this.bucket;
    return {
      checksClock: true,
      write: (path, bytes, how) =>
        this.#run(async () => {
          this.#checkClock();
          requests.push({ op: "put", by: this.index, owner: this, path, bytes });
          return writer.write(path, bytes, how);
        }),
      remove: (path, how) =>
        this.#run(async () => {
          this.#checkClock();
          requests.push({ op: "delete", by: this.index, owner: this, path });
          return writer.remove(path, how);
        }),
    };
  }
}
