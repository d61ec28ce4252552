import { cipherSuite as crypto, utf8 } from "@cweb/crypto";
import type { MemorySnapshot } from "@cweb/storage-local/memory";
import { crashAt, SimulatedCrash } from "@cweb/storage-local/testing";
import type { ReadResult } from "@cweb/storage-remote";
import { type EpochKey, openObject } from "../../src/core/sealed-object.ts";
import type { ObjectId } from "../../src/index.ts";
import { objectKinds } from "../../src/index.ts";
import { tryDecode } from "../../src/wire/decode.ts";
import { type KeyMessage, keyMessage } from "../../src/wire/key-message.ts";
import { recordKinds } from "../../src/wire/object-record.ts";
import { payload } from "../../src/wire/payload.ts";
import { day, type Home, minute, World } from "./world.ts";

/** One thing that happens; `who` and `n` choose among readers, points in time, places to crash. */
export interface Event {
  readonly what:
    | "update"
    | "share"
    | "unshare"
    | "remove"
    | "flush"
    | "round"
    | "wait"
    | "restart"
    | "lose"
    | "backup"
    | "restore"
    | "rollBack"
    | "honest";
  readonly who: number;
  readonly n: number;
  /** The port call at which the process that does this dies; 0: it lives. */
  readonly crash: number;
}

export class Violation extends Error {}

/** Everything that was ever written, by the keys that somebody was sent. */
export function readable(keys: readonly KeyMessage[], owner: Home): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { bytes } of owner.stored) {
    for (const { objectId, epoch, key, verifyKey } of keys) {
      const epochKey: EpochKey = { owner: owner.idBytes, objectId, epoch, key };
      const record = openObject(crypto, epochKey, verifyKey, bytes)?.record;
      if (record?.kind === recordKinds.value) found.add(new TextDecoder().decode(payload.decode(record.payload).content));
    }
  }
  return found;
}

/** The keys that a home was sent, in whatever state it is now. */
export function keysOf(home: Home): readonly KeyMessage[] {
  return home.received.flatMap(({ message }) => {
    const key = message.kind === objectKinds.key.number ? tryDecode(keyMessage, message.payload) : undefined;
    return key ? [key] : [];
  });
}

/** One owner with one object after the other, three readers, stores that may show old states, homes that crash and are restored. */
export class History {
  readonly world: World;
  readonly owner: Home;
  readonly readers: readonly Home[];
  wasRestored = false;
  hasLied = false;
  readonly #made: { readonly value: string }[] = [];
  /** What each reader may be shown of each object. */
  readonly #allowed = new Map<string, Set<string>>();
  readonly #backups: MemorySnapshot[] = [];
  readonly #states: ReturnType<Home["bucket"]["snapshot"]>[] = [];
  #incarnation = 1;
  readonly #shownUntil = new Map<string, number>();

  /** How often a process has died. */
  crashes = 0;

  constructor(seed: number, readers: number = 3) {
    this.world = new World(seed);
    this.world.hasUploads = true;
    this.owner = this.world.home();
    this.readers = Array.from({ length: readers }, () => this.world.home());
  }

  async run(events: readonly Event[]): Promise<void> {
    for (const event of events) {
      await this.#mayCrash(event);
      await this.#renewSessions();
      await this.#look();
    }
  }

  async #mayCrash(event: Event): Promise<void> {
    const home = this.#homeOf(event);
    if (event.crash > 0) {
      home.crash = crashAt({ call: event.crash, when: event.n % 2 === 0 ? "before" : "after" });
      home.start();
    }
    try {
      await this.#do(event);
    } catch (error) {
      if (!(error instanceof SimulatedCrash) && !isSimulated(error)) throw error;
      this.crashes++;
    }
    if (event.crash > 0) {
      home.crash = null;
      home.start();
    }
  }

  /** In a new incarnation sessions begin anew, as real ones do. */
  async #renewSessions(): Promise<void> {
    const incarnation = await this.owner.mailbox.incarnation();
    if (incarnation !== this.#incarnation) for (const reader of this.readers) await this.owner.renew(reader);
    this.#incarnation = incarnation;
  }

  #homeOf({ what, who }: Event): Home {
    return what === "round" ? (this.readers[who % this.readers.length] as Home) : this.owner;
  }

  async #do(event: Event): Promise<void> {
    const { owner, world } = this;
    const reader = this.readers[event.who % this.readers.length] as Home;
    switch (event.what) {
      case "update":
        return this.#update();
      case "share":
        return this.#each((id) => owner.objects.share(id, [reader.id]));
      case "unshare":
        return this.#each((id) => owner.objects.unshare(id, [reader.id]));
      case "remove":
        return this.#each((id) => owner.objects.remove(id));
      case "flush":
        return owner.flush();
      case "round":
        await reader.round({ all: event.n % 3 === 0 });
        return;
      case "wait":
        return world.clock.advance([minute, 6 * minute, 15 * minute, day, 8 * day, 31 * day][event.n % 6] as number);
      case "restart":
        return owner.start();
      case "lose":
        await owner.deliverTo(reader, (n) => n === event.n % 4);
        return owner.renew(reader);
      default:
        return this.#tamper(event);
    }
  }

  async #tamper({ what, n }: Event): Promise<void> {
    const { owner } = this;
    if (what === "backup") this.#backups.push(owner.snapshot());
    const backup = this.#backups[n % Math.max(1, this.#backups.length)];
    if (what === "restore" && backup) {
      owner.restore(backup);
      this.wasRestored = true;
    }
    if (what === "rollBack") {
      this.#states.push(owner.bucket.snapshot());
      const shown = this.#states[n % this.#states.length];
      this.hasLied = true;
      // Readers see the provider's old state; the owner sees its own.
      this.world.lie = (_owner, _reader, path, answer): ReadResult => {
        const stored = shown?.objects.get(path);
        return stored
          ? { kind: "found", bytes: stored.bytes, version: stored.version }
          : answer.kind === "found"
            ? { kind: "absent" }
            : answer;
      };
    }
    if (what === "honest") this.world.lie = undefined;
  }

  async #update(): Promise<void> {
    const { objects } = this.owner;
    const live = (await objects.owned()).filter(({ isDeleted }) => !isDeleted);
    const value = `value ${this.#made.length}`;
    const id = live[0]?.id;
    this.#made.push({ value });
    if (id) await objects.update(id, utf8(value));
    else await objects.create({ topic: "object/history", value: utf8(value), rotateEvery: 20 });
  }

  async #each(run: (id: ObjectId) => Promise<unknown>): Promise<void> {
    for (const { id, isDeleted } of await this.owner.objects.owned()) if (!isDeleted) await run(id);
  }

  /** What the owner's state says now is what readers may be shown; what they are shown is compared with all it ever said. */
  async #look(): Promise<void> {
    const owned = await this.owner.objects.owned();
    for (const { id, subscribers, isDeleted } of owned) {
      const value = new TextDecoder().decode(await this.owner.objects.value(id));
      for (const reader of this.readers) {
        if (!isDeleted && subscribers.includes(reader.id)) this.#allowedFor(`${id} ${reader.id}`).add(value);
      }
    }
    for (const reader of this.readers) await this.#lookAt(reader);
  }

  async #lookAt(reader: Home): Promise<void> {
    for (const { id } of await reader.objects.subscriptions({ contact: this.owner.id })) {
      const found = await reader.objects.get(this.owner.id, id);
      if (!found) continue;
      const value = new TextDecoder().decode(found.value);
      const key = `${id} ${reader.id}`;
      // What a lost state has shared, the restored one does not know of before it notices.
      const isMeant = this.wasRestored ? this.#made.some((one) => one.value === value) : this.#allowedFor(key).has(value);
      if (!isMeant) throw new Violation(`M18: ${value} was never meant for this reader`);
      const place = this.#made.findIndex((one) => one.value === value);
      // A restored owner says again what it said then.
      if (!this.wasRestored && place < (this.#shownUntil.get(key) ?? -1))
        throw new Violation(`${value} is older than what was shown before`);
      this.#shownUntil.set(key, place);
    }
  }

  #allowedFor(key: string): Set<string> {
    const found = this.#allowed.get(key) ?? new Set();
    this.#allowed.set(key, found);
    return found;
  }

  /** M12: with all that the store ever held and all that it was ever sent, a reader reads what was meant for it and nothing else. */
  #expectNothingElse(reader: Home): void {
    const allowed = [...this.#allowed].filter(([key]) => key.endsWith(reader.id)).flatMap(([, values]) => [...values]);
    for (const value of readable(keysOf(reader), this.owner)) {
      if (!allowed.includes(value)) throw new Violation(`M12: ${value} can be read by whom it was not meant for`);
    }
  }

  expectNothingElse(): void {
    if (!this.wasRestored) for (const reader of this.readers) this.#expectNothingElse(reader);
  }

  /** M13: one version of an object is one record. */
  expectOneRecordAVersion(): void {
    const keys = this.readers.flatMap(keysOf);
    const heads = new Map<string, string>();
    for (const { bytes } of this.owner.stored) {
      for (const { objectId, epoch, key, verifyKey } of keys) {
        const opened = openObject(crypto, { owner: this.owner.idBytes, objectId, epoch, key }, verifyKey, bytes);
        if (!opened) continue;
        const name = `${objectId} ${opened.record.version}`;
        const head = opened.head.join();
        if ((heads.get(name) ?? head) !== head) throw new Violation(`M13: ${name} was written twice`);
        heads.set(name, head);
      }
    }
  }

  /** Fair stores and a few rounds; then everybody knows what the owner means them to know. */
  async settle(): Promise<void> {
    this.world.lie = undefined;
    for (let n = 0; n < 4; n++) {
      // Whoever sends notices that its state was restored.
      if (this.wasRestored) for (const reader of this.readers) await this.owner.say(reader);
      await this.owner.flush();
      await this.#renewSessions();
      for (const reader of this.readers) await reader.round({ all: true });
      // A restored home that writes nothing finds out when it looks at its objects, daily.
      this.world.clock.advance(this.wasRestored ? day : 20 * minute);
      await this.#look();
    }
    for (const { id, subscribers, isDeleted } of await this.owner.objects.owned()) {
      const value = await this.owner.objects.value(id);
      for (const reader of this.readers) {
        const found = await reader.objects.get(this.owner.id, id);
        if (subscribers.includes(reader.id)) this.#expectTold(found, isDeleted, value);
        else if (found && !this.wasRestored && (found.state === "current" || found.state === "stale"))
          throw new Violation(`a removed reader sees ${found.state}`);
      }
    }
  }

  #expectTold(found: Awaited<ReturnType<Home["objects"]["get"]>>, isDeleted: boolean, value: Uint8Array | undefined): void {
    // Whoever never read a value has none that was deleted.
    if (isDeleted && (!found || found.state === "deleted")) return;
    if (found?.alarms.length) throw new Violation(`an alarm stands after all is well: ${found.alarms[0]?.code}`);
    if (found?.state !== "current") throw new Violation(`a subscriber sees ${found?.state ?? "nothing"}`);
    if (found.value.join() !== value?.join()) throw new Violation("a subscriber sees another value than its owner");
  }

  /** What readers were told of stores: nothing, where all were fair. */
  async alarms(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const reader of this.readers) {
      for (const { type, detail } of await reader.events()) {
        // What a lost state has promised and not stored is missing.
        if (type === "object-alarm" && !(this.wasRestored && detail === "object-missing")) found.push(detail);
      }
    }
    return found;
  }
}

/** A flush answers the storage's failures, and a simulated crash among them. */
const isSimulated = (error: unknown): boolean => error instanceof Error && error.cause instanceof SimulatedCrash;
