import { cipherSuite, encodeBase32, utf8 } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { type CwebId, createIdentity, encodeCard, loadIdentity, type OwnIdentity, parseCard } from "@cweb/discovery";
import { Mailbox } from "@cweb/mailbox";
import { createKindRegistry, type KindRegistry, kinds } from "@cweb/session";
import { type MemorySnapshot, memoryStore } from "@cweb/storage-local/memory";
import { type Crash, withCrashes } from "@cweb/storage-local/testing";
import {
  createMeter,
  type Meter,
  type Path,
  type ReadResult,
  type RemoteReader,
  type RemoteWriter,
  StorageRemoteError,
  withMeter,
} from "@cweb/storage-remote";
import { memoryBucket } from "@cweb/storage-remote/memory";
import { type GroupId, type RoomEvent, type RoomEventKind, Rooms, type RoomsReport, roomEventCodec } from "../../src/index.ts";
import { addRider, type Carried, decodeCarried, enqueue, outPrefix } from "./carrier.ts";

export const minute = 60_000;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;

/** What a reader is told instead of the truth; may throw. */
export type StoreLie = (owner: ShellHome, reader: ShellHome, path: Path, answer: ReadResult) => ReadResult;
export type Happened = RoomEvent & { readonly type: RoomEventKind };

/** Homes with a bucket each, real mailboxes and real cryptography; between them, in the place of sessions, messages in order, at least once. */
export class ShellWorld {
  readonly clock: VirtualClock = new VirtualClock();
  readonly homes: ShellHome[] = [];
  readonly seed: number;
  lie: StoreLie | undefined;

  constructor(seed: number) {
    this.seed = seed;
  }

  async home(): Promise<ShellHome> {
    const home = new ShellHome(this, this.homes.length);
    this.homes.push(home);
    await home.start();
    return home;
  }

  homeOf(id: CwebId): ShellHome {
    const home = this.homes.find((one) => one.id === id);
    if (!home) throw new Error("no such home");
    return home;
  }

  /** Rounds of all homes. */
  async rounds(count: number, step: number = minute): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.clock.advance(step);
      for (const home of this.homes) await home.round();
    }
  }

  /** A room of all homes. */
  async room(policy = {}): Promise<GroupId> {
    const [founder, ...others] = this.homes as [ShellHome, ...ShellHome[]];
    const { id } = await founder.rooms.create({ name: "garden", policy });
    await founder.rooms.add(
      id,
      others.map((home) => home.id),
    );
    await this.rounds(1);
    for (const home of others) await home.rooms.join(id);
    await this.rounds(4);
    return id;
  }
}

export class ShellHome {
  readonly world: ShellWorld;
  readonly index: number;
  readonly bucket: ReturnType<typeof memoryBucket> = memoryBucket();
  readonly meter: Meter = createMeter();
  readonly #random: ReturnType<typeof seededRandom>;
  store: ReturnType<typeof memoryStore> = memoryStore();
  mailbox!: Mailbox;
  rooms!: Rooms;
  identity!: OwnIdentity;
  crash: Crash | null = null;
  isOffline = false;
  /** Members that are no contacts of this home, and those that became contacts for a letter. */
  readonly strangers: Set<CwebId> = new Set();
  readonly introduced: CwebId[] = [];
  /** What each immutable name was ever given. */
  readonly #contents: Map<Path, Set<string>> = new Map();
  /** Letters are not handed over as long as it is set. */
  isSilent = false;

  constructor(world: ShellWorld, index: number) {
    this.world = world;
    this.index = index;
    this.#random = seededRandom(world.seed * 100 + index);
  }

  /** All that was ever stored under each name that is written once. */
  async immutable(): Promise<readonly ReadonlySet<string>[]> {
    const mutable = await this.store.scan("mailbox/mutable/", { limit: 1000 });
    const names = [...mutable.map(({ name }) => name), this.identity.beacon.path];
    return [...this.#contents].filter(([path]) => !names.some((name) => name.endsWith(path))).map(([, contents]) => contents);
  }

  get id(): CwebId {
    return this.identity.id;
  }

  /** A new process on this home. */
  async start(): Promise<void> {
    const local = withCrashes(this.store.open(), this.crash);
    const random = { bytes: (length: number) => this.#random.bytes(length) };
    const profile = Uint8Array.of(this.index);
    const found = await loadIdentity({ local: this.store.open(), crypto: cipherSuite });
    this.identity = found ?? (await createIdentity({ local: this.store.open(), crypto: cipherSuite, random, profile })).identity;
    const { idBytes, beacon } = this.identity;
    const home = { id: idBytes, beaconPath: beacon.path, beaconKey: beacon.key };
    const { reader, writer } = this.#ports();
    this.mailbox = new Mailbox({ local, reader, writer, clock: this.world.clock, random, crypto: cipherSuite, home });
    let registry: KindRegistry | undefined;
    this.rooms = new Rooms({
      mailbox: this.mailbox,
      crypto: cipherSuite,
      identity: this.identity,
      card: async () => encodeCard({ idBytes, profile, minSeq: 0 }),
      kinds: () => registry ?? createKindRegistry(),
      enqueue,
      addRider,
      isContact: (_tx, member) => !this.strangers.has(member),
      introduce: async (card) => {
        const { id } = parseCard(card);
        this.introduced.push(id);
        this.strangers.delete(id);
      },
      openReader: async ({ id }) => withMeter(this.#readerOf(this.world.homeOf(id)), this.meter),
    });
    registry = createKindRegistry([], [this.rooms.layer]);
  }

  #ports(): { readonly reader: RemoteReader; readonly writer: RemoteWriter } {
    const { bucket, meter } = this;
    const reader: RemoteReader = { read: (path, options) => this.#run(() => bucket.reader.read(path, options)) };
    const writer: RemoteWriter = {
      checksClock: true,
      write: (path, bytes, options) =>
        this.#run(() => {
          this.#contents.set(path, (this.#contents.get(path) ?? new Set()).add(bytes.join()));
          return bucket.writer.write(path, bytes, options);
        }),
      remove: (path, options) => this.#run(() => bucket.writer.remove(path, options)),
    };
    return { reader: withMeter(reader, meter), writer: withMeter(writer, meter) };
  }

  #run<T>(call: () => Promise<T>): Promise<T> {
    if (this.isOffline) return Promise.reject(new StorageRemoteError("unreachable", "offline"));
    return this.crash ? this.crash.run(call) : call();
  }

  snapshot(): MemorySnapshot {
    return this.store.snapshot();
  }

  async restore(from: MemorySnapshot): Promise<void> {
    this.store = memoryStore({ from });
    await this.start();
    await this.mailbox.begin();
    for (const other of this.world.homes) if (other !== this) await this.renew(other);
  }

  /** A new session on both sides: what waits for it is sent again. */
  async renew(other: ShellHome): Promise<void> {
    for (const [one, peer] of [
      [this, other],
      [other, this],
    ] as const) {
      await one.mailbox.transact({}, (tx) => one.rooms.layer.renewed?.(tx, peer.id));
    }
  }

  async flush(): Promise<void> {
    await this.rooms.maintain();
    const report = await this.mailbox.flush();
    await this.rooms.noteFlush(report);
    if (report.failure) throw report.failure;
  }

  /** A round as a client makes one: what the contacts sent, the rooms, the own bucket. */
  async round(): Promise<RoomsReport> {
    for (const other of this.world.homes) if (other !== this) await other.deliverTo(this);
    const report = await this.rooms.poll();
    await this.flush();
    return report;
  }

  /** Hands over what waits, in order. */
  async deliverTo(other: ShellHome): Promise<void> {
    if (this.isSilent) return;
    for (const { name, bytes } of await this.store.scan(outPrefix(other.id), { limit: 10_000 })) {
      const carried = decodeCarried(bytes);
      await other.mailbox.transact({}, (tx) => {
        const seen = `carrier/in/${encodeBase32(carried.messageId)}`;
        if (tx.get(seen)) return;
        tx.put(seen, Uint8Array.of(1));
        take(other, this.id, carried, tx);
      });
      await this.mailbox.transact({ read: [name] }, (tx) => {
        if (!tx.get(name)) return;
        tx.remove(name);
        this.rooms.layer.settle?.(tx, other.id, carried.messageId, "delivered");
      });
    }
  }

  async send(id: GroupId, text: string): Promise<void> {
    await this.rooms.send(id, { kind: kinds.text.number, payload: utf8(text) });
    await this.flush();
  }

  async texts(id: GroupId): Promise<readonly string[]> {
    return (await this.rooms.history(id)).map(({ payload }) => new TextDecoder().decode(payload));
  }

  /** Everything in the inbox, acknowledged. */
  async events(): Promise<readonly Happened[]> {
    const entries = await this.mailbox.takeInbox({ limit: 1000 });
    await this.mailbox.acknowledge(entries.map(({ seq }) => seq));
    return entries
      .filter(({ kind }) => kind.startsWith("room"))
      .map(({ kind, body }) => ({ type: kind as RoomEventKind, ...roomEventCodec.decode(body) }));
  }

  #readerOf(owner: ShellHome): RemoteReader {
    return {
      read: (path, options) =>
        this.#run(async () => {
          const answer = await owner.bucket.reader.read(path, options);
          return this.world.lie ? this.world.lie(owner, this, path, answer) : answer;
        }),
    };
  }
}

function take(
  home: ShellHome,
  from: CwebId,
  { number, messageId, payload, riders }: Carried,
  tx: Parameters<Rooms["layer"]["receive"]>[0],
): void {
  for (const rider of riders) home.rooms.layer.takeRider?.(tx, from, rider);
  if (number > 0) home.rooms.layer.receive(tx, from, { number, messageId, payload, sentAt: tx.now });
}
