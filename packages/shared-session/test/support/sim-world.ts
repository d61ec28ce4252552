import type { CipherSuite } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import { kinds } from "@cweb/session";
import type { Path, ReadResult, Version } from "@cweb/storage-remote";
import type { Epoch } from "../../src/core/epoch.ts";
import { memberOf } from "../../src/core/epoch.ts";
import type { EpochId, GroupId } from "../../src/core/ids.ts";
import { storedCodec } from "../../src/core/records.ts";
import { RoomDraft } from "../../src/room-draft.ts";
import { sendHints } from "../../src/step/announce.ts";
import {
  countProbe,
  type Fetch,
  planDescriptors,
  planFollowing,
  planMissing,
  planProbe,
  takeDescriptor,
  takeObject,
} from "../../src/step/fetch.ts";
import { foundRoom, invite, join, leave } from "../../src/step/found.ts";
import { openEpoch } from "../../src/step/open-epoch.ts";
import { canSend, post, readTag } from "../../src/step/post.ts";
import { addRoom, onRoom, receiveLetter, renewSession, settleLetter } from "../../src/step/room-steps.ts";
import { tend } from "../../src/step/tend.ts";
import { roomKinds } from "../../src/wire/kinds.ts";
import { offerCodec } from "../../src/wire/membership.ts";
import { messageCodec, type RoomMessage } from "../../src/wire/message.ts";
import { type HomeState, SimHome, type Told } from "./sim-home.ts";
import { CountedRandom } from "./stub-suite.ts";

export const minute = 60_000;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;

interface Letter {
  readonly number: number;
  readonly payload: Uint8Array;
  readonly messageId: Uint8Array;
}

/** How one store lies to one reader. */
export interface Lie {
  /** Messages are withheld. */
  readonly messages: boolean;
  /** Descriptors are withheld, or shown as they were first. */
  readonly records: "true" | "withheld" | "first";
}

export interface Shown extends RoomMessage {
  readonly id: string;
}

const ephemeral = new Set(
  Object.values(roomKinds)
    .filter((kind) => "isEphemeral" in kind)
    .map(({ number }) => number as number),
);
const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16)).join(".");
export const policy = { copies: true, receipts: true, keepDays: 0 };

/** All of a world, to come back to. */
export interface WorldState {
  readonly now: number;
  readonly homes: readonly HomeState[];
  readonly buckets: readonly ReadonlyMap<Path, Uint8Array[]>[];
  readonly channels: ReadonlyMap<string, readonly Letter[]>;
  readonly lies: ReadonlyMap<string, Lie>;
  readonly removed: ReadonlyMap<CwebId, string>;
}

/** Epochs that were seen anywhere, and whether one lists again whom an honest member has seen removed. */
class AllEpochs extends Map<EpochId, Epoch> {
  readonly removed: Map<CwebId, string> = new Map();
  readonly readmitted: CwebId[] = [];

  /** Nothing is ever too much here. */
  override get size(): number {
    return 0;
  }

  override set(id: EpochId, epoch: Epoch): this {
    if (!this.has(id)) {
      for (const { id: member, gspk } of epoch.members) if (this.removed.get(member) === gspk.join()) this.readmitted.push(member);
    }
    return super.set(id, epoch);
  }

  noteRemoved(member: CwebId, e: number): void {
    const next = [...this.values()].find((epoch) => epoch.e === e);
    const before = next && this.get(next.previous);
    const listed = before && memberOf(before, member);
    if (listed) this.removed.set(member, listed.gspk.join());
  }
}

/** Homes, their buckets with all they ever held, sessions as ordered channels, and one time. */
export class SimWorld {
  readonly homes: SimHome[] = [];
  readonly buckets: Map<Path, Uint8Array[]>[] = [];
  readonly channels: Map<string, Letter[]> = new Map();
  readonly lies: Map<string, Lie> = new Map();
  readonly epochs: AllEpochs = new AllEpochs();
  readonly crypto: CipherSuite;
  readonly random: CountedRandom;
  readonly counts = { rounds: 0, probes: 0, gets: 0, wants: 0, copies: 0, sent: 0, puts: 0 };
  now: number = Date.UTC(2026, 0, 5);
  /** Members to whom a stored message is announced. */
  hints = 2;
  group!: GroupId;
  /** Answers an honest read with what the adversary likes better. */
  tamper: (owner: SimHome, reader: SimHome, path: Path, versions: readonly Uint8Array[]) => Uint8Array | undefined = (
    _o,
    _r,
    _p,
    versions,
  ) => versions.at(-1);

  constructor(seed: number, crypto: CipherSuite, people: number) {
    this.crypto = crypto;
    this.random = new CountedRandom(seed);
    for (let i = 0; i < people; i++) {
      this.homes.push(
        new SimHome(i, {
          crypto,
          random: this.random,
          now: () => this.now,
          epochs: this.epochs,
          told: (home, event) => this.#told(home, event),
        }),
      );
      this.buckets.push(new Map());
    }
  }

  #told(home: SimHome, { type, detail, member, e }: Told): void {
    const isSeen = type === "room-members" && detail === "removed" && !home.isEvil;
    const epoch = isSeen && [...this.epochs.values()].find((one) => one.e === e);
    if (epoch && epoch.admin !== home.id) this.epochs.noteRemoved(member as CwebId, e);
  }

  home(index: number): SimHome {
    return this.homes[index] as SimHome;
  }

  indexOf(id: CwebId): number {
    return this.homes.findIndex((home) => home.id === id);
  }

  /** A room of the first `members` homes, all of whom have begun. */
  found(members: number): void {
    const founder = this.home(0);
    founder.step((tx) => {
      const draft = foundRoom(tx, founder.tools, { name: "room", policy, card: founder.card });
      this.group = draft.head.groupId;
      addRoom(tx, this.group);
      invite(
        draft,
        this.homes.slice(1, members).map(({ id }) => id),
      );
      draft.save();
    });
    this.drain();
    for (let i = 1; i < members; i++) this.join(i);
    this.settle(3, minute);
  }

  has(index: number): boolean {
    return this.home(index).records.has(`room/${this.group}/head`);
  }

  on<T>(index: number, step: (draft: RoomDraft) => T): T {
    const home = this.home(index);
    return home.step((tx) => onRoom(tx, home.tools, this.group, step));
  }

  /** Looks, and changes nothing. */
  look<T>(index: number, step: (draft: RoomDraft) => T): T {
    const home = this.home(index);
    return home.step((tx) => step(RoomDraft.load(tx, home.tools, this.group) as RoomDraft));
  }

  isMember(index: number): boolean {
    return this.has(index) && this.look(index, (draft) => draft.isMember);
  }

  join(index: number): void {
    if (this.has(index)) this.on(index, (draft) => draft.head.invitedBy !== null && join(draft, this.home(index).card));
  }

  leave(index: number): void {
    if (this.isMember(index)) this.on(index, leave);
  }

  invite(by: number, whom: number): void {
    this.on(by, (draft) => draft.isAdmin && invite(draft, [this.home(whom).id]));
  }

  remove(by: number, whom: number): boolean {
    return this.on(by, (draft) => {
      const { current, head } = draft;
      if (!draft.isAdmin || head.hearing !== null || !current || !memberOf(current, this.home(whom).id) || current.admin !== draft.own)
        return false;
      openEpoch(draft, { joins: [], leaves: [{ member: this.home(whom).id, last: null, since: 0 }], rekeys: [] }, current.policy);
      return true;
    });
  }

  offer(by: number, whom: number): void {
    this.on(by, (draft) => {
      const { current } = draft;
      if (!draft.isAdmin || !current || !memberOf(current, this.home(whom).id)) return;
      draft.set({ offeredTo: this.home(whom).id });
      draft.letter(
        this.home(whom).id,
        "offer",
        offerCodec.encode({ groupId: this.group, epoch: current.epoch, signingKey: draft.head.adminKey }),
      );
    });
  }

  /** Asks for the descriptor and sends, as the shell does. */
  send(index: number, text: string): boolean {
    if (!this.has(index)) return false;
    const home = this.home(index);
    return this.on(index, (draft) => {
      if (!home.isEvil) this.readDescriptors(draft, home, 0);
      if (!canSend(draft)) return false;
      post(draft, { kind: kinds.text.number, payload: new TextEncoder().encode(text), uuid: home.random.bytes(16) });
      this.counts.sent++;
      return true;
    });
  }

  readDescriptors(draft: RoomDraft, home: SimHome, maxAge?: number): void {
    for (let turn = 0; turn < 4; turn++) {
      const plan = planDescriptors(draft, turn === 0 ? maxAge : undefined);
      if (plan.length === 0) return;
      for (const fetch of plan) if (fetch.what.kind === "descriptor") takeDescriptor(draft, fetch.what, this.read(home, fetch));
    }
  }

  read(reader: SimHome, fetch: Fetch): ReadResult {
    this.counts.gets++;
    const owner = this.indexOf(fetch.owner);
    const versions = this.buckets[owner]?.get(fetch.path) ?? [];
    const lie = this.lies.get(`${owner}>${reader.index}`);
    const isRecord = fetch.what.kind === "descriptor";
    const isWithheld = isRecord ? lie?.records === "withheld" : lie?.messages === true;
    const shown = isRecord && lie?.records === "first" ? versions[0] : this.tamper(this.home(owner), reader, fetch.path, versions);
    if (isWithheld || !shown || shown.length === 0) return { kind: "absent" };
    const version = hexOf(shown.subarray(0, 8)) as Version;
    return fetch.unless === version ? { kind: "unchanged" } : { kind: "found", bytes: shown, version };
  }

  round(index: number): void {
    if (!this.has(index)) return;
    const home = this.home(index);
    this.counts.rounds++;
    this.on(index, (draft) => {
      if (!home.isEvil) this.readDescriptors(draft, home);
      for (const fetch of planMissing(draft)) this.take(draft, home, fetch);
      const probe = planProbe(draft);
      countProbe(draft);
      if (probe) this.counts.probes++;
      if (probe && this.take(draft, home, probe) && probe.what.kind === "message") this.follow(draft, home, probe);
      if (!home.isEvil) while (tend(draft));
    });
  }

  take(draft: RoomDraft, home: SimHome, fetch: Fetch): boolean {
    if (fetch.what.kind !== "message") return false;
    const answer = this.read(home, fetch);
    return takeObject(draft, fetch.what, answer.kind === "found" ? answer.bytes : undefined);
  }

  follow(draft: RoomDraft, home: SimHome, first: Fetch): void {
    for (let fetch: Fetch | undefined = first; fetch?.what.kind === "message"; ) {
      const next: Fetch | undefined = planFollowing(draft, fetch.what);
      fetch = next && this.take(draft, home, next) ? next : undefined;
    }
  }

  /** Puts the first waiting object, then hands the first waiting letters to their sessions. */
  upload(index: number, limit = 1): boolean {
    const home = this.home(index);
    const taken = home.outbox.splice(0, limit);
    for (const { op, path, bytes, tag } of taken) {
      const bucket = this.buckets[index] as Map<Path, Uint8Array[]>;
      if (op === "withdraw") bucket.delete(path);
      else if (op === "publish" && bucket.has(path)) assertSame(bucket.get(path)?.[0], bytes);
      else bucket.set(path, [...(bucket.get(path) ?? []), bytes]);
      this.counts.puts++;
      const stored = readTag(tag);
      if (stored && this.hints > 0)
        this.on(index, (draft) => sendHints(draft, { epoch: stored.epoch as EpochId, n: stored.n }, this.hints));
    }
    const letters = home.takeLetters(limit);
    for (const { to, kind, messageId, payload } of letters) this.say(index, this.indexOf(to), { number: kind, messageId, payload });
    return taken.length + letters.length > 0;
  }

  say(from: number, to: number, letter: Letter): void {
    if (letter.number === roomKinds.want.number) this.counts.wants++;
    if (letter.number === roomKinds.copy.number) this.counts.copies++;
    const key = `${from}>${to}`;
    this.channels.set(key, [...(this.channels.get(key) ?? []), letter]);
  }

  hear(from: number, to: number): boolean {
    const letter = this.channels.get(`${from}>${to}`)?.shift();
    if (!letter) return false;
    const { home, sender } = { home: this.home(to), sender: this.home(from) };
    const isNew = !home.heard.has(hexOf(letter.messageId));
    home.heard.add(hexOf(letter.messageId));
    sender.step((tx) => settleLetter(tx, sender.tools, home.id, letter.messageId, "delivered"));
    if (!isNew || (home.isEvil && letter.number !== roomKinds.key.number)) return true;
    home.step((tx) => receiveLetter(tx, home.tools, sender.id, { ...letter, sentAt: this.now }));
    return true;
  }

  /** A new session: what is ephemeral is lost. */
  reset(a: number, b: number): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const queue = this.channels.get(`${from}>${to}`) ?? [];
      this.channels.set(
        `${from}>${to}`,
        queue.filter(({ number }) => !ephemeral.has(number)),
      );
      const home = this.home(from);
      home.step((tx) => {
        for (const { messageId, number } of queue) {
          if (ephemeral.has(number)) settleLetter(tx, home.tools, this.home(to).id, messageId, "unconfirmed");
        }
      });
      if (!home.isEvil) home.step((tx) => renewSession(tx, home.tools, this.home(to).id));
    }
  }

  restore(index: number, snapshot: ReturnType<SimHome["snapshot"]>): void {
    this.home(index).restore(snapshot, (path) => this.buckets[index]?.has(path) ?? false);
    for (const other of this.homes) if (other.index !== index) this.reset(index, other.index);
  }

  drain(): void {
    for (let more = true; more; ) {
      more = false;
      for (const { index } of this.homes) while (this.upload(index, 100)) more = true;
      for (const [key] of this.channels) {
        const [from, to] = key.split(">").map(Number) as [number, number];
        while (this.hear(from, to)) more = true;
      }
    }
  }

  settle(rounds: number, step: number): void {
    for (let i = 0; i < rounds; i++) {
      this.now += step;
      this.drain();
      for (const { index } of this.homes) this.round(index);
    }
    this.drain();
  }

  /** Ids of all that this home has written. */
  written(index: number): readonly string[] {
    if (!this.has(index)) return [];
    return this.view(index).flatMap(({ id, sender }) => (sender === this.home(index).id ? [id] : []));
  }

  save(): WorldState {
    return {
      now: this.now,
      homes: this.homes.map((home) => home.save()),
      buckets: this.buckets.map((bucket) => new Map(bucket)),
      channels: new Map([...this.channels].map(([key, queue]) => [key, [...queue]])),
      lies: new Map(this.lies),
      removed: new Map(this.epochs.removed),
    };
  }

  load(state: WorldState): void {
    this.now = state.now;
    state.homes.forEach((home, i) => {
      this.home(i).load(home);
    });
    replaceAll(this.channels, new Map([...state.channels].map(([key, queue]) => [key, [...queue]])));
    replaceAll(this.lies, state.lies);
    state.buckets.forEach((bucket, i) => {
      replaceAll(this.buckets[i] as Map<Path, Uint8Array[]>, bucket);
    });
    replaceAll(this.epochs.removed, state.removed);
    this.epochs.readmitted.length = 0;
  }

  /** What this home shows, in its order. */
  view(index: number): readonly Shown[] {
    const prefix = `room/${this.group}/message/`;
    const names = [...this.home(index).records.keys()].filter((name) => name.startsWith(prefix)).sort();
    return names.flatMap((name) => {
      const stored = storedCodec.decode(this.home(index).records.get(name) as Uint8Array);
      return stored.isShown ? [{ ...messageCodec.decode(stored.body), id: name.slice(prefix.length + 15) }] : [];
    });
  }
}

function assertSame(before: Uint8Array | undefined, now: Uint8Array): void {
  if (before && hexOf(before.subarray(0, 64)) !== hexOf(now.subarray(0, 64))) throw new Error("one path, two contents");
}

function replaceAll<K, V>(map: Map<K, V>, by: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of by) map.set(key, value);
}
