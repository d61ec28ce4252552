import type { VirtualClock } from "@cweb/crypto/testing";
import type { LocalStore } from "@cweb/storage-local";
import { type Path, type RemoteReader, type RemoteWriter, StorageRemoteError } from "@cweb/storage-remote";
import type { MemoryBucket } from "@cweb/storage-remote/memory";
import type { Ports } from "./home.ts";

/** A signed request that has not arrived 15 minutes after it was sent never will. */
const requestLife = 15 * 60_000;

/** A port call that waits for the schedule to let it happen. */
interface Call {
  readonly process: Process;
  readonly label: string;
  /** What it does, at once, when it happens. Changes of the bucket may also happen late. */
  readonly effect: () => Promise<unknown>;
  /** When it was issued, hence signed. */
  readonly issuedAt: number;
  /** `read` changes nothing, so that to die before it is to die before what follows. */
  readonly kind: "read" | "commit" | "request";
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** A change that was sent and has not arrived. */
interface InFlight {
  readonly call: Call;
  isAwaited: boolean;
}

export interface Process {
  readonly name: string;
  /** Nothing happens to it: it shows what becomes of what happened to the others. */
  readonly isFair: boolean;
  isAlive: boolean;
  isFinished: boolean;
  failure?: unknown;
}

export type Program = (ports: Ports, wait: (ms: number) => Promise<void>) => Promise<void>;

export type ActionKind = "go" | "switch" | "late" | "land" | "timeOut" | "crash" | "expire";

export interface Action {
  readonly kind: ActionKind;
  readonly label: string;
  readonly run: () => Promise<void>;
}

/** Every port call of several processes, one at a time, in an order that somebody else decides. */
export class Schedule {
  readonly clock: VirtualClock;
  readonly #processes: Process[] = [];
  #waiting: Call[] = [];
  #inFlight: InFlight[] = [];
  #last: Process | undefined;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  /** Runs `program` as a process whose ports are those given, as seen from it. It lets time pass by its second argument. */
  spawn(about: Pick<Process, "name" | "isFair">, store: LocalStore, bucket: MemoryBucket, program: Program): void {
    const process: Process = { ...about, isAlive: true, isFinished: false };
    this.#processes.push(process);
    const wait = (ms: number): Promise<void> => this.#call(process, `+${ms / 1000}s`, () => this.#advance(ms), "commit") as Promise<void>;
    const ports = { local: this.#local(process, store), reader: this.#reader(process, bucket), writer: this.#writer(process, bucket) };
    const finish = (failure?: unknown): void => {
      process.isFinished = true;
      process.failure = failure;
    };
    program(ports, wait).then(() => finish(), finish);
  }

  /** Lets everything run that does not wait for the schedule: between two port calls there is nothing but promises to wait for. */
  async settle(): Promise<void> {
    for (let ticks = 0; ticks < 1000 && !this.#processes.every((process) => this.#isStill(process)); ticks++) await Promise.resolve();
  }

  #isStill(process: Process): boolean {
    if (process.isFinished || !process.isAlive || this.#waiting.some((call) => call.process === process)) return true;
    return this.#inFlight.some(({ call, isAwaited }) => isAwaited && call.process === process);
  }

  get failures(): readonly unknown[] {
    return this.#processes.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  }

  /** What may happen next; the first is what happens in an uneventful world. Empty: all is done. */
  actions(): readonly Action[] {
    const [first, ...others] = [...this.#waiting].sort((a, b) => Number(b.process === this.#last) - Number(a.process === this.#last));
    const awaited = this.#inFlight.filter(({ isAwaited }) => isAwaited);
    if (!first && awaited.length === 0) return [];
    const landings = this.#inFlight.map((one) => action("land", one.call, () => this.#land(one)));
    const go = first ? [action("go", first, () => this.#go(first))] : [];
    if (first?.process.isFair) return [...go, ...landings];
    // Calls that one process makes side by side touch different records: their order does not matter.
    const switches = others.filter(({ process }) => process !== first?.process).map((call) => action("switch", call, () => this.#go(call)));
    const late = first?.kind === "request" ? [action("late", first, () => this.#late(first))] : [];
    const timeOuts = awaited.map((one) => action("timeOut", one.call, () => this.#timeOut(one)));
    const mortal = [...this.#waiting.filter(({ kind }) => kind !== "read"), ...awaited.map(({ call }) => call)];
    const alive = new Set(mortal.map(({ process }) => process));
    const crashes = [...alive].map((process) => ({
      kind: "crash" as const,
      label: `${process.name} dies`,
      run: () => this.#crash(process),
    }));
    const expire = { kind: "expire" as const, label: "+61s", run: () => this.#advance(61_000) };
    return [...go, ...landings, ...switches, ...late, ...timeOuts, ...crashes, expire];
  }

  async #go(call: Call): Promise<void> {
    this.#waiting = this.#waiting.filter((other) => other !== call);
    this.#last = call.process;
    if (this.#isDead(call)) call.reject(timedOut());
    else await call.effect().then(call.resolve, call.reject);
  }

  async #late(call: Call): Promise<void> {
    this.#waiting = this.#waiting.filter((other) => other !== call);
    this.#inFlight.push({ call, isAwaited: true });
  }

  async #land(one: InFlight): Promise<void> {
    this.#inFlight = this.#inFlight.filter((other) => other !== one);
    const answer = await one.call.effect();
    if (one.isAwaited) one.call.resolve(answer);
  }

  async #timeOut(one: InFlight): Promise<void> {
    if (one.isAwaited) one.call.reject(timedOut());
    one.isAwaited = false;
  }

  async #crash(process: Process): Promise<void> {
    process.isAlive = false;
    this.#waiting = this.#waiting.filter((call) => call.process !== process);
    for (const one of this.#inFlight) if (one.call.process === process) one.isAwaited = false;
  }

  async #advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    const dead = this.#inFlight.filter(({ call }) => this.#isDead(call));
    this.#inFlight = this.#inFlight.filter((one) => !dead.includes(one));
    for (const one of dead) await this.#timeOut(one);
  }

  #isDead({ kind, issuedAt }: Call): boolean {
    return kind === "request" && this.clock.now() - issuedAt > requestLife;
  }

  #call(process: Process, label: string, effect: () => Promise<unknown>, kind: Call["kind"]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // What a dead process would still do never happens.
      if (process.isAlive) this.#waiting.push({ process, label, effect, kind, issuedAt: this.clock.now(), resolve, reject });
    });
  }

  #local(process: Process, store: LocalStore): LocalStore {
    const gate = <T>(label: string, effect: () => Promise<T>, kind: Call["kind"] = "read"): Promise<T> =>
      this.#call(process, label, effect, kind) as Promise<T>;
    return {
      load: (names) => gate("load", () => store.load(names)),
      scan: (prefix, options) => gate("scan", () => store.scan(prefix, options)),
      commit: (batch) => gate(`commit ${[...batch.put.keys()].join(",")}`, () => store.commit(batch), "commit"),
      close: async () => undefined,
    };
  }

  #reader(process: Process, bucket: MemoryBucket): RemoteReader {
    return {
      read: (path, options) =>
        this.#call(process, `GET ${path}`, () => bucket.reader.read(path, options), "read") as ReturnType<RemoteReader["read"]>,
    };
  }

  #writer(process: Process, bucket: MemoryBucket): RemoteWriter {
    const change = (label: string, effect: () => Promise<unknown>): Promise<unknown> => this.#call(process, label, effect, "request");
    return {
      checksClock: true,
      write: (path: Path, bytes: Uint8Array, options) =>
        change(`PUT ${path}`, () => bucket.writer.write(path, bytes, options)) as ReturnType<RemoteWriter["write"]>,
      remove: (path: Path) => change(`DELETE ${path}`, () => bucket.writer.remove(path)) as Promise<void>,
    };
  }
}

const timedOut = (): StorageRemoteError => new StorageRemoteError("timed-out", "no answer");

const action = (kind: ActionKind, call: Call, run: () => Promise<void>): Action => ({
  kind,
  label: `${call.process.name} ${call.label} (${kind})`,
  run,
});
