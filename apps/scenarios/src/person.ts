import {
  type CreatedPeer,
  type EventFile,
  type MessageEvent,
  Peer,
  type PeerEvent,
  type PeerOptions,
  type PollReport,
  type SendResult,
} from "@cweb/client";
import type { CipherSuite, Clock, Random } from "@cweb/crypto";
import type { LocalStore } from "@cweb/storage-local";
import { type MemorySnapshot, memoryStore } from "@cweb/storage-local/memory";
import { type Crash, withCrashes } from "@cweb/storage-local/testing";
import { createMeter, type Meter, type Path, type RemoteReader, type RemoteWriter } from "@cweb/storage-remote";
import type { Bucket, Place } from "./place.ts";
import { steadied } from "./s3-bucket.ts";

/** What a person's homes have in common with those of others. */
export interface Surroundings {
  readonly place: Place;
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CipherSuite;
  /** Lets time pass. */
  wait(milliseconds: number): void;
}

/** One line that a person has read. */
export interface Line {
  readonly from: string;
  readonly id: string;
  readonly text: string;
  readonly kind: "session" | "broadcast" | "room";
}

const attempts = 6;

/** Somebody with a home, a bucket and a good memory: what was written and read survives the home. */
export class Person {
  readonly name: string;
  readonly world: Surroundings;
  readonly meter: Meter = createMeter();
  bucket!: Bucket;
  peer!: Peer;
  /** The home's disk. */
  local: LocalStore & { snapshot?: () => MemorySnapshot } = memoryStore();
  /** The paths that stand in the bucket for good: descriptor, beacon, slots. */
  constant: ReadonlySet<Path> = new Set();
  /** Texts sent, by the name of their reader. */
  readonly sent: Map<string, string[]> = new Map();
  readonly lines: Line[] = [];
  /** Files that were told of. */
  readonly files: EventFile[] = [];
  /** What was told beside messages. */
  readonly events: Exclude<PeerEvent, MessageEvent>[] = [];
  /** Ids that were shown a second time without being called redelivered. */
  readonly repeated: string[] = [];
  readonly #crashes: Crash[] = [];

  constructor(world: Surroundings, name: string) {
    this.world = world;
    this.name = name;
  }

  /** The ports of one process of this home, which dies by `crash`. */
  options(crash?: Crash): PeerOptions {
    const { clock, random, place, crypto } = this.world;
    const { meter, bucket } = this;
    const reader = (inner: RemoteReader): RemoteReader => steadied(mortalReader(inner, crash), place, attempts);
    return {
      local: crash ? withCrashes(this.local, crash) : this.local,
      crypto,
      random,
      clock,
      meter,
      reader: reader(bucket.reader),
      writer: steadied(mortalWriter(bucket.writer, crash), place, attempts),
      openReader: (profile) => reader(place.openReader(profile, meter)),
      describeStore: (profile) => place.describeStore(profile),
      repeatsWrites: place.isUnsteady,
    };
  }

  async create(): Promise<CreatedPeer> {
    this.bucket = await this.world.place.bucket(this.name, this.meter);
    const created = await Peer.create({ ...this.options(), profile: this.bucket.profile });
    this.peer = created.peer;
    for (let pending = true; pending; ) pending = (await this.peer.flush()).pending;
    this.constant = await this.bucket.provider.paths();
    return created;
  }

  /** A new process on this home. The one before is not asked: it may be dead. */
  async restart(crash?: Crash): Promise<Peer> {
    if (crash) this.#crashes.push(crash);
    this.peer = await Peer.open(this.options(crash));
    return this.peer;
  }

  /** The home as a backup of its disk has it. */
  backup(): MemorySnapshot {
    if (!this.local.snapshot) throw new Error("Only a home in memory can be backed up here.");
    return this.local.snapshot();
  }

  async restore(backup: MemorySnapshot): Promise<void> {
    this.local = memoryStore({ from: backup });
    await this.restart();
  }

  async knows(other: Person): Promise<void> {
    await this.peer.addContact(await other.peer.card(), other.name);
    while ((await this.peer.contact(other.name)).state === "pending") await this.round();
  }

  async send(to: Person, text: string, messageId?: string): Promise<SendResult> {
    this.noteSent(to, text);
    return this.peer.send(to.name, text, messageId === undefined ? {} : { messageId });
  }

  noteSent(to: Person, text: string): void {
    this.sent.set(to.name, [...(this.sent.get(to.name) ?? []), text]);
  }

  /** One round of this home; everything that came is read and acknowledged. */
  async round(options: { readonly full?: boolean } = {}): Promise<PollReport> {
    const report = await this.peer.poll(options);
    await this.read();
    return report;
  }

  /** Reads what has come. */
  async read(): Promise<void> {
    for (;;) {
      const batch = await this.peer.events({ limit: 32 });
      if (batch.length === 0) return;
      for (const event of batch) this.#note(event);
      await this.peer.acknowledge(batch);
    }
  }

  #note(event: PeerEvent): void {
    if (event.type !== "message") this.events.push(event);
    else this.#noteMessage(event);
  }

  #noteMessage(event: MessageEvent): void {
    if (event.kind === "file") {
      if (event.file) this.files.push(event.file);
      return;
    }
    const isKnown = this.lines.some(({ id, from }) => id === event.id && from === event.from);
    if (isKnown && !event.redelivered) this.repeated.push(event.id);
    if (!isKnown) this.lines.push({ from: event.from, id: event.id, text: event.text ?? "", kind: event.kind });
  }

  /** The texts read from one contact, in their order. */
  readFrom(other: Person): readonly string[] {
    return this.lines.filter(({ from }) => from === other.name).map(({ text }) => text);
  }

  /** Forgets texts that were sent and read; what else was told stays, without its content. */
  forgetTalk(): void {
    this.sent.clear();
    this.lines.length = 0;
  }

  /** The paths in the bucket that were not there on its first day. */
  async furtherPaths(): Promise<readonly Path[]> {
    return [...(await this.bucket.provider.paths())].filter((path) => !this.constant.has(path));
  }

  /** How often something was told, since the beginning. */
  told(type: Exclude<PeerEvent, MessageEvent>["type"], detail?: string): number {
    return this.events.filter((event) => event.type === type && (detail === undefined || ("code" in event && event.code === detail)))
      .length;
  }
}

function mortalReader(inner: RemoteReader, crash: Crash | undefined): RemoteReader {
  return crash ? { read: (path, options) => crash.run(() => inner.read(path, options)) } : inner;
}

function mortalWriter(inner: RemoteWriter, crash: Crash | undefined): RemoteWriter {
  if (!crash) return inner;
  return {
    checksClock: inner.checksClock,
    write: (path, bytes, options) => crash.run(() => inner.write(path, bytes, options)),
    remove: (path, options) => crash.run(() => inner.remove(path, options)),
  };
}
