import { utf8 } from "@cweb/crypto";
import type { MemorySnapshot } from "@cweb/storage-local/memory";
import { crashAt, SimulatedCrash } from "@cweb/storage-local/testing";
import { type Path, StorageRemoteError } from "@cweb/storage-remote";
import { createKindRegistry, kinds, type SessionEvent, sessionEventCodec } from "../../src/index.ts";
import { Dice } from "./dice.ts";
import { type App, hex, Ledger, Violation } from "./ledger.ts";
import { Liar, type Lies } from "./liar.ts";
import { passedKind, passingLayer } from "./passing-layer.ts";
import { day, epoch, hour, type TestPeer, World } from "./world.ts";

export interface TrialOptions extends Partial<Lies> {
  readonly peers?: number;
  /** Chances in percent, for each step. */
  readonly crashes?: number;
  readonly restores?: number;
  readonly removes?: number;
  readonly clockJumps?: number;
  readonly outages?: number;
  readonly steps?: number;
  /** Nothing is done to the messages: they are shown in order. */
  readonly isOrdered?: boolean;
  /** The messages are those of a layer above, which sends them as a part of its own steps. */
  readonly isLayered?: boolean;
  /** How long one step may take, in ms: each is drawn from the list. */
  readonly pauses?: readonly number[];
}

/**
 * Two or more peers under a random schedule of everything that may happen to them; after it a fair end. Invariants (named as in the design's
 * models): A1 nothing is shown twice, A2 no false "delivered", A3 no false "undelivered" and one verdict at most, A4 in the end all is delivered
 * or reported and both hold one session that works, A5 GETs of a round, B2 no session comes back, M13 no name with two contents,
 * M18 nothing is shown that was not sent.
 */
export class Trial {
  readonly world: World;
  readonly dice: Dice;
  readonly options: Required<TrialOptions>;
  readonly trace: string[] = [];
  peers: readonly TestPeer[] = [];
  readonly #liar: Liar;
  readonly #backups = new Map<TestPeer, { readonly home: MemorySnapshot; readonly app: App; readonly peers: ReadonlySet<TestPeer> }>();
  readonly #contacts = new Map<TestPeer, Set<TestPeer>>();
  readonly #contents = new Map<string, string>();
  readonly #over = new Map<TestPeer, Set<string>>();
  readonly #liveNow = new Map<TestPeer, Map<TestPeer, string>>();
  #ledger: Ledger = new Ledger([], false);
  #requestsSeen = 0;

  constructor(seed: number, options: TrialOptions = {}) {
    this.dice = new Dice(seed);
    const kinds = options.isLayered ? createKindRegistry([], [passingLayer]) : createKindRegistry();
    this.world = new World(seed, { kinds, lie: (request, answer) => this.#liar.answer(this.world, request, answer) });
    this.options = {
      peers: 2,
      loses: 0,
      corrupts: 0,
      withholds: 0,
      delays: 0,
      crashes: 0,
      restores: 0,
      removes: 0,
      clockJumps: 0,
      outages: 0,
      replays: 0,
      steps: 50,
      isOrdered: false,
      isLayered: false,
      pauses: [0, hour / 120, hour, 6 * hour, day],
      ...options,
    };
    this.#liar = new Liar(this.dice, this.options);
  }

  async run(): Promise<void> {
    this.peers = await this.world.meeting(this.options.peers);
    this.#ledger = new Ledger(this.peers, this.options.isOrdered);
    for (const peer of this.peers) {
      this.#contacts.set(peer, new Set(this.peers.filter((other) => other !== peer)));
      this.#over.set(peer, new Set());
      this.#liveNow.set(peer, new Map());
      this.#backUp(peer);
    }
    this.#liar.isOn = true;
    for (let i = 0; i < this.options.steps; i++) await this.#step();
    await this.#end();
  }

  // --- the schedule ---

  async #step(): Promise<void> {
    const { dice, options } = this;
    this.world.clock.advance(dice.pick(options.pauses));
    const peer = dice.pick(this.peers);
    if (dice.chance(options.clockJumps))
      peer.clockOffset = dice.chance(60) ? 0 : (dice.chance(50) ? 1 : -1) * dice.pick([day, 20 * day, 400 * day, 1460 * day]);
    if (dice.chance(options.outages)) peer.isOffline = !peer.isOffline;
    if (dice.chance(options.restores)) await this.#backUpOrRestore(peer);
    const others = [...(this.#contacts.get(peer) ?? [])];
    if (dice.chance(options.removes)) return this.#removeOrAdd(peer);
    if (others.length === 0) return;
    const other = dice.pick(others);
    if (dice.chance(35)) for (let n = dice.chance(5) ? 40 : 1 + dice.below(3); n > 0; n--) await this.#send(peer, other);
    else await this.#poll(peer, other);
    await this.#readInbox(peer);
    await this.#look(peer);
  }

  async #send(from: TestPeer, to: TestPeer): Promise<void> {
    const id = this.world.random.bytes(16);
    const text = this.#ledger.write(from, to, id);
    this.trace.push(`send ${text}`);
    // The application tries again with the same id until it is told that the message is queued.
    const session = () => from.session(to);
    const kind = this.options.isLayered ? passedKind.number : kinds.text.number;
    const message = { kind, payload: utf8(text), messageId: id };
    await this.#perform(from, async () => {
      if (!this.options.isLayered) return void (await session().send(message));
      await from.mailbox.transact({ read: session().reads }, (tx) => session().enqueue(tx, message));
      await session().establish();
    });
    this.#ledger.isQueued(from, id);
    await this.#flush(from);
  }

  async #poll(peer: TestPeer, other: TestPeer, full = false): Promise<void> {
    this.trace.push(`poll ${peer.index}<${other.index}${full ? " full" : ""} +${Math.round((this.world.clock.now() - epoch) / hour)}h`);
    const before = peer.gets;
    const gapsBefore = await this.#gaps(peer, other);
    const report = await this.#perform(peer, () => peer.session(other).poll({ full }));
    if (report && !full && !report.failure) this.#checkGets(peer, before, report.gets, gapsBefore + (await this.#gaps(peer, other)));
    if (report?.failure && !(report.failure instanceof StorageRemoteError)) throw report.failure;
    await this.#flush(peer);
  }

  async #gaps(peer: TestPeer, other: TestPeer): Promise<number> {
    return (await peer.state(other))?.live?.delivery.gaps.size ?? 0;
  }

  /** A5: two turns after a pause, the descriptor before an initial message; then one GET for each message, and those for gaps. */
  #checkGets(peer: TestPeer, before: number, gets: number, gaps: number): void {
    const made = peer.requestsOf("get").filter(({ owner }) => owner !== peer);
    const found = new Set(made.slice(-gets).map(({ path }) => path)).size;
    if (peer.gets - before < gets) throw new Violation(`A5 ${gets} GETs reported, ${peer.gets - before} made`);
    if (gets > 64 * 3 || gets > 4 + found + gaps) throw new Violation(`A5 ${gets} GETs in one poll`);
  }

  async #flush(peer: TestPeer): Promise<void> {
    await this.#perform(peer, async () => {
      await peer.mailbox.begin().catch(ifStorage);
      await peer.discovery.maintain();
      await peer.broadcast.seal();
      const report = await peer.mailbox.flush();
      if (report.failure && !(report.failure instanceof StorageRemoteError)) throw report.failure;
      await peer.discovery.noteFlush(report);
    });
    this.#checkRequests(peer);
  }

  /** Runs something, perhaps in a process that dies at some port call; then a new process does it again. */
  async #perform<T>(peer: TestPeer, task: () => Promise<T>): Promise<T | undefined> {
    if (this.#liar.isOn && this.dice.chance(this.options.crashes)) {
      peer.crash = crashAt({ call: 1 + this.dice.below(24), when: this.dice.chance(50) ? "before" : "after" });
      this.trace.push("  crash");
      try {
        await peer.start();
        await task();
      } catch (error) {
        if (!(error instanceof SimulatedCrash) && !isCausedByCrash(error)) throw error;
      }
      peer.crash = null;
      await peer.start();
    }
    return task();
  }

  #backUp(peer: TestPeer): void {
    this.#backups.set(peer, {
      home: peer.snapshot(),
      app: this.#ledger.backup(peer),
      peers: new Set(this.#contacts.get(peer)),
    });
  }

  async #backUpOrRestore(peer: TestPeer): Promise<void> {
    if (this.dice.chance(60)) return this.#backUp(peer);
    const backup = this.#backups.get(peer);
    if (!backup) return;
    this.trace.push(`restore ${peer.index}`);
    await peer.restore(backup.home);
    this.#ledger.restore(peer, backup.app, this.world.clock.now());
    this.#contacts.set(peer, new Set(backup.peers));
    this.#liveNow.get(peer)?.clear();
    await this.#flush(peer);
  }

  async #removeOrAdd(peer: TestPeer): Promise<void> {
    const contacts = this.#contacts.get(peer) as Set<TestPeer>;
    const other = this.dice.pick(this.peers.filter((one) => one !== peer));
    if (contacts.has(other)) await this.#remove(peer, other);
    else await this.#add(peer, other);
    await this.#flush(peer);
  }

  async #remove(peer: TestPeer, other: TestPeer): Promise<void> {
    this.trace.push(`remove ${peer.index}-${other.index}`);
    await peer.session(other).remove();
    await peer.discovery.removeContact(other.discovery.identity.id);
    this.#contacts.get(peer)?.delete(other);
    await this.#readInbox(peer);
    this.#ledger.forget(peer, other);
  }

  async #add(peer: TestPeer, other: TestPeer): Promise<void> {
    this.trace.push(`add ${peer.index}-${other.index}`);
    await peer.meet(other);
    await peer.session(other).greet().catch(ifStorage);
    this.#contacts.get(peer)?.add(other);
  }

  // --- the fair end ---

  async #end(): Promise<void> {
    const hidesForEver = this.#liar.relent();
    this.trace.push("the fair end");
    for (const peer of this.peers) {
      peer.isOffline = false;
      peer.clockOffset = 0;
      for (const other of this.peers) if (other !== peer && !this.#contacts.get(peer)?.has(other)) await this.#add(peer, other);
    }
    await this.#settle(hidesForEver ? 220 : 12, hidesForEver ? 6 * hour : 3 * hour, () => this.#unfinished());
    for (const peer of this.peers) for (const other of this.peers) if (peer !== other) await this.#send(peer, other);
    await this.#settle(12, 3 * hour, () => this.#unfinished());
  }

  async #settle(days: number, interval: number, unfinished: () => Promise<string>): Promise<void> {
    const until = this.world.clock.now() + days * day;
    let why = "";
    while (this.world.clock.now() < until) {
      this.world.clock.advance(interval);
      for (const peer of this.peers) {
        for (const other of this.peers) if (other !== peer) await this.#poll(peer, other);
        await this.#readInbox(peer);
        await this.#look(peer);
      }
      why = await unfinished();
      if (why === "") return;
    }
    throw new Violation(`${why} after ${days} days`);
  }

  async #unfinished(): Promise<string> {
    const open = this.#ledger.open();
    if (open) return `A4 neither delivered nor reported: ${open}`;
    for (const peer of this.peers) {
      for (const other of this.peers) {
        if (peer === other) continue;
        const [mine, theirs] = [await peer.state(other), await other.state(peer)];
        if (mine?.live && theirs?.live && hex(mine.live.ratchet.sessionId) !== hex(theirs.live.ratchet.sessionId)) return "B1 two sessions";
      }
    }
    return "";
  }

  // --- what is seen ---

  async #readInbox(peer: TestPeer): Promise<void> {
    for (;;) {
      const entries = await this.#perform(peer, () => peer.mailbox.takeInbox({ limit: 100 }));
      if (!entries || entries.length === 0) return;
      const app = this.#ledger.app(peer);
      for (const { seq, kind, body } of entries) {
        if (seq <= app.inboxSeq || body.length === 0) continue;
        app.inboxSeq = seq;
        if (kind !== "own-state-restored") this.#take(peer, kind, sessionEventCodec.decode(body));
      }
      await this.#perform(peer, () => peer.mailbox.acknowledge(entries.map(({ seq }) => seq)));
    }
  }

  #take(peer: TestPeer, kind: string, event: SessionEvent): void {
    this.#ledger.take(peer, kind, event, this.world.clock.now());
    // What was said to the state that a restore has lost does not open, until the restore is noticed.
    if (kind === "undecryptable" && !this.#liar.hasAltered && !this.#ledger.wasRestored(peer))
      throw new Violation(`an honest object is called undecryptable: ${event.detail}`);
    if (kind !== "message" && kind !== "delivered") this.trace.push(`  ${peer.index}: ${kind} ${event.detail}`);
  }

  /** B2, M16: a session that was replaced does not come back. */
  async #look(peer: TestPeer): Promise<void> {
    for (const other of this.peers) {
      if (other === peer) continue;
      const state = await peer.state(other);
      const live = state?.live ? hex(state.live.ratchet.sessionId) : "";
      const before = this.#liveNow.get(peer)?.get(other) ?? "";
      if (live === before) continue;
      const over = this.#over.get(peer) as Set<string>;
      if (before) over.add(before);
      if (live && over.has(live) && !this.#ledger.wasRestored(peer)) throw new Violation("B2 an old session came back");
      this.#liveNow.get(peer)?.set(other, live);
    }
  }

  /** M13: one path, one content for ever. */
  #checkRequests(peer: TestPeer): void {
    const mutable = new Set<Path>(peer.mutablePaths());
    for (const { op, by, path, bytes } of this.world.requests.slice(this.#requestsSeen)) {
      if (op !== "put" || by !== peer.index || !bytes || mutable.has(path)) continue;
      const content = hex(bytes.subarray(0, 64));
      const key = `${by} ${path}`;
      if ((this.#contents.get(key) ?? content) !== content) throw new Violation(`M13 one name, two contents: ${path}`);
      this.#contents.set(key, content);
    }
    this.#requestsSeen = this.world.requests.length;
  }
}

function isCausedByCrash(error: unknown): boolean {
  return error instanceof Error && (error.cause instanceof SimulatedCrash || (error.cause !== undefined && isCausedByCrash(error.cause)));
}

function ifStorage(error: unknown): void {
  if (!(error instanceof StorageRemoteError)) throw error;
}

/** Runs one trial; a violation tells the seed and what was done. */
export async function tryOut(seed: number, options: TrialOptions): Promise<Trial> {
  const trial = new Trial(seed, options);
  try {
    await trial.run();
  } catch (error) {
    const trace = trial.trace.slice(-60).join("\n");
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n${trace}`, { cause: error });
  }
  return trial;
}
