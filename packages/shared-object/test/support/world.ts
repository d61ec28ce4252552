import { cipherSuite, encodeBase32, type Random, utf8 } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { type CwebId, encodeId } from "@cweb/discovery";
import { Mailbox, type Transaction } from "@cweb/mailbox";
import { type OutgoingMessage, SessionError } from "@cweb/session";
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
  toPath,
  withMeter,
} from "@cweb/storage-remote";
import { memoryBucket } from "@cweb/storage-remote/memory";
import { type ObjectEvent, objectEventCodec, type Rider, SharedObjects, type ValueFiles } from "../../src/index.ts";

export const minute = 60_000;
export const day: number = 24 * 60 * minute;

/** One message between two homes, as a session carries it: ordered, at least once. */
interface Carried {
  readonly number: number;
  readonly messageId: Uint8Array;
  readonly payload: Uint8Array;
  readonly riders: readonly Rider[];
  /** Where it is in the sender's bucket; empty: nowhere. */
  readonly path: string;
}

/** What a reader is told instead of the truth; may throw. */
export type Lie = (owner: Home, reader: Home, path: Path, answer: ReadResult) => ReadResult;

/** Homes with a bucket each, and one virtual time. Between them instead of sessions: messages in order, at least once. */
export class World {
  readonly clock: VirtualClock = new VirtualClock();
  readonly homes: Home[] = [];
  readonly seed: number;
  readonly random: Random;
  /** Contacts that nobody knows any more. */
  isStranger: (id: CwebId) => boolean = () => false;
  lie: Lie | undefined;
  /** Whether messages are objects in the sender's bucket, as real ones are: then they arrive only once they are uploaded. */
  hasUploads = false;

  constructor(seed: number) {
    this.seed = seed;
    this.random = seededRandom(seed);
  }

  home(files?: ValueFiles): Home {
    const home = new Home(this, this.homes.length, files);
    this.homes.push(home);
    home.start();
    return home;
  }

  homeOf(id: CwebId): Home {
    const home = this.homes.find((one) => one.id === id);
    if (!home) throw new Error("no such home");
    return home;
  }
}

const outPrefix = (to: CwebId): string => `carrier/out/${to}/`;
const ridersOf = (to: CwebId): string => `carrier/riders/${to}`;

export class Home {
  readonly world: World;
  readonly id: CwebId;
  readonly idBytes: Uint8Array;
  readonly bucket: ReturnType<typeof memoryBucket> = memoryBucket();
  readonly meter: Meter = createMeter();
  /** Everything that its store was ever given. */
  readonly stored: { readonly path: Path; readonly bytes: Uint8Array }[] = [];
  /** Everything that was ever sent to it in sessions. */
  readonly received: { readonly from: CwebId; readonly message: OutgoingMessage }[] = [];
  readonly #files: ValueFiles | undefined;
  readonly #random: ReturnType<typeof seededRandom>;
  store: ReturnType<typeof memoryStore> = memoryStore();
  mailbox!: Mailbox;
  objects!: SharedObjects;
  crash: Crash | null = null;
  clockOffset = 0;
  /** Contacts for whom too many messages wait. */
  readonly away: Set<CwebId> = new Set();
  isOffline = false;

  constructor(world: World, index: number, files: ValueFiles | undefined) {
    this.world = world;
    this.idBytes = new Uint8Array(32).fill(index + 1);
    this.id = encodeId(this.idBytes);
    this.#files = files;
    this.#random = seededRandom(world.seed * 100 + index);
  }

  /** A new process on this home. */
  start(): void {
    this.mailbox = this.#open();
    this.objects = this.#objectsOver(this.mailbox);
  }

  /** A second process beside the first. */
  anotherProcess(): SharedObjects {
    return this.#objectsOver(this.#open());
  }

  #open(): Mailbox {
    const { world, bucket, meter } = this;
    const clock = { now: () => world.clock.now() + this.clockOffset, sleep: world.clock.sleep.bind(world.clock) };
    const reader: RemoteReader = { read: (path, options) => this.#run(() => bucket.reader.read(path, options)) };
    const writer: RemoteWriter = {
      checksClock: true,
      write: (path, bytes, options) =>
        this.#run(() => {
          this.stored.push({ path, bytes: bytes.slice() });
          return bucket.writer.write(path, bytes, options);
        }),
      remove: (path, options) => this.#run(() => bucket.writer.remove(path, options)),
    };
    return new Mailbox({
      local: withCrashes(this.store.open(), this.crash),
      reader: withMeter(reader, meter),
      writer: withMeter(writer, meter),
      clock,
      random: { bytes: (length) => this.#random.bytes(length) },
      crypto: cipherSuite,
      home: { id: this.idBytes, beaconPath: toPath("beacon"), beaconKey: new Uint8Array(32).fill(7) },
    });
  }

  #objectsOver(mailbox: Mailbox): SharedObjects {
    return new SharedObjects({
      mailbox,
      crypto: cipherSuite,
      ownId: this.idBytes,
      enqueue: (tx, to, message) => {
        if (this.away.has(to)) throw new SessionError("peer-away", "too many messages wait", { retryable: true });
        enqueue(tx, to, message, this.world.hasUploads);
      },
      addRider: (tx, to, rider, replaces) => addRider(tx, to, rider, replaces),
      openReader: async (contact) =>
        this.world.isStranger(contact) ? undefined : withMeter(this.#readerOf(this.world.homeOf(contact)), this.meter),
      ...(this.#files ? { files: this.#files } : {}),
    });
  }

  #run<T>(call: () => Promise<T>): Promise<T> {
    if (this.isOffline) return Promise.reject(new StorageRemoteError("unreachable", "offline"));
    return this.crash ? this.crash.run(call) : call();
  }

  snapshot(): MemorySnapshot {
    return this.store.snapshot();
  }

  restore(from: MemorySnapshot): void {
    this.store = memoryStore({ from });
    this.start();
  }

  async flush(): Promise<void> {
    await this.objects.maintain();
    const report = await this.mailbox.flush();
    await this.objects.noteFlush(report);
    if (report.failure) throw report.failure;
  }

  /** A round as the client makes one: what the contacts sent, their objects that are due, the own bucket. */
  async round(options: { readonly all?: boolean } = {}): Promise<{ readonly gets: number; readonly changed: number }> {
    const sum = { gets: 0, changed: 0 };
    for (const other of this.world.homes) {
      if (other === this) continue;
      await other.deliverTo(this);
      const { gets, changed, failure } = await this.objects.poll(other.id, options);
      if (failure) throw failure;
      sum.gets += gets;
      sum.changed += changed;
    }
    await this.flush();
    return sum;
  }

  /** Messages that wait for this contact, without taking them away. */
  async waitingFor(other: Home): Promise<readonly { readonly name: string; readonly message: Carried }[]> {
    const found = await this.store.scan(outPrefix(other.id), { limit: 10_000 });
    return found.map(({ name, bytes }) => ({ name, message: decodeCarried(bytes) }));
  }

  /** Hands over what waits, in order. `lose`: whether a message is lost for good. */
  async deliverTo(other: Home, lose: (n: number) => boolean = () => false): Promise<void> {
    const objects = this.bucket.objects();
    const waiting = (await this.waitingFor(other)).filter(({ message }) => message.path === "" || objects.has(toPath(message.path)));
    for (const [n, { name, message }] of waiting.entries()) {
      const { number, messageId, payload, riders } = message;
      const isLost = lose(n);
      if (!isLost) {
        other.received.push({ from: this.id, message: { kind: number, payload } });
        await other.mailbox.transact({}, (tx) => {
          const seen = `carrier/in/${this.id}/${encodeBase32(messageId)}`;
          if (tx.get(seen)) return;
          tx.put(seen, Uint8Array.of(1));
          for (const rider of riders) other.objects.layer.takeRider?.(tx, this.id, rider);
          if (number > 0) other.objects.layer.receive(tx, this.id, { number, messageId, payload, sentAt: tx.now });
        });
      }
      await this.mailbox.transact({ read: [name] }, (tx) => {
        if (!tx.get(name)) return;
        tx.remove(name);
        if (message.path !== "") tx.withdraw(toPath(message.path));
        if (number > 0) this.objects.layer.settle?.(tx, other.id, messageId, isLost ? "unconfirmed" : "delivered");
      });
    }
  }

  /** Any other message, for the riders to go with. */
  async say(other: Home): Promise<void> {
    await this.mailbox.transact({}, (tx) => enqueue(tx, other.id, { kind: 0, payload: utf8("hello") }, this.world.hasUploads));
  }

  async renew(other: Home): Promise<void> {
    await this.mailbox.transact({}, (tx) => {
      for (const { name, bytes } of tx.scan(outPrefix(other.id))) {
        tx.remove(name);
        const { path } = decodeCarried(bytes);
        if (path !== "") tx.withdraw(toPath(path));
      }
      this.objects.layer.renewed?.(tx, other.id);
    });
  }

  /** Everything in the inbox, acknowledged. */
  async events(): Promise<readonly (ObjectEvent & { readonly type: string })[]> {
    const entries = await this.mailbox.takeInbox({ limit: 1000 });
    await this.mailbox.acknowledge(entries.map(({ seq }) => seq));
    return entries
      .filter(({ kind }) => kind.startsWith("object"))
      .map(({ kind, body }) => ({ type: kind, ...objectEventCodec.decode(body) }));
  }

  #readerOf(owner: Home): RemoteReader {
    return {
      read: (path, options) =>
        this.#run(async () => {
          const answer = await owner.bucket.reader.read(path, options);
          return this.world.lie ? this.world.lie(owner, this, path, answer) : answer;
        }),
    };
  }
}

function enqueue(tx: Transaction, to: CwebId, { kind, payload }: OutgoingMessage, isUploaded: boolean): void {
  const counter = `carrier/next/${to}`;
  const next = Number(new TextDecoder().decode(tx.get(counter) ?? utf8("0")));
  tx.put(counter, utf8(String(next + 1)));
  const riders = ridersIn(tx, to);
  tx.remove(ridersOf(to));
  const chain = `${tx.incarnation}-${to.slice(0, 12)}`;
  const path = isUploaded ? `${chain}-${next}` : "";
  const carried: Carried = { number: kind, messageId: tx.random.bytes(16), payload, riders, path };
  if (isUploaded) tx.publish(toPath(path), encodeCarried(carried), { chain });
  tx.put(outPrefix(to) + String(next).padStart(8, "0"), encodeCarried(carried));
}

function addRider(tx: Transaction, to: CwebId, rider: Rider, replaces: (other: Rider) => boolean): void {
  tx.put(ridersOf(to), encodeRiders([...ridersIn(tx, to).filter((other) => !replaces(other)), rider]));
}

const ridersIn = (tx: Transaction, to: CwebId): readonly Rider[] => decodeRiders(tx.get(ridersOf(to)) ?? utf8("[]"));

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const toJson = ({ kind, bytes }: Rider): readonly [number, string] => [kind, hex(bytes)];
const encodeRiders = (riders: readonly Rider[]): Uint8Array => utf8(JSON.stringify(riders.map(toJson)));
const decodeRiders = (bytes: Uint8Array): readonly Rider[] =>
  (JSON.parse(new TextDecoder().decode(bytes)) as [number, string][]).map(([kind, text]) => ({ kind, bytes: unhex(text) }));
const encodeCarried = ({ number, messageId, payload, riders, path }: Carried): Uint8Array =>
  utf8(JSON.stringify([number, hex(messageId), hex(payload), riders.map(toJson), path]));

function decodeCarried(bytes: Uint8Array): Carried {
  const [number, messageId, payload, riders, path] = JSON.parse(new TextDecoder().decode(bytes)) as [
    number,
    string,
    string,
    [number, string][],
    string,
  ];
  const read = riders.map(([kind, text]) => ({ kind, bytes: unhex(text) }));
  return { number, messageId: unhex(messageId), payload: unhex(payload), riders: read, path };
}

export const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);
