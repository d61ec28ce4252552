import type { Clock, Random } from "@cweb/crypto";
import { interpose, type PortCall, type RemotePort, type Wrapped } from "./interpose.ts";
import type { Path, ReadOptions, ReadResult, Version, WriteOptions, WriteResult } from "./port.ts";
import { cut } from "./range.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

/** What a store, or the way to it, does wrong. */
export type Fault =
  /** A write or removal is answered but never happens; what is read seems absent, for good. */
  | "drop"
  /** A write or removal takes effect later; what is read shows later: until then the content before. */
  | "delay"
  /** A bit is turned or the end is missing, in what is stored or in what is read. */
  | "corrupt"
  /** An earlier content is read, or none. */
  | "rollBack"
  /** A write or removal happens once more, later. */
  | "duplicate"
  /** `unreachable`, before or after the request took effect. */
  | "cutOff";

/** The chance of each fault, 0 to 1; default 0. */
export type FaultRates = { readonly [F in Fault]?: number };

export interface FaultOptions {
  /** Decides everything: the same seed and calls give the same faults. */
  readonly random: Random;
  /** May depend on the request. */
  readonly rates: FaultRates | ((call: { readonly op: PortCall["op"]; readonly path?: Path }) => FaultRates);
  /** Held requests take effect after 1 to this many further operations. Default 5. */
  readonly holdOperations?: number;
  /** Instead: after this time. */
  readonly hold?: { readonly clock: Clock; readonly milliseconds: number };
  /** Told of each fault as it is decided. */
  readonly onFault?: (event: { readonly op: PortCall["op"]; readonly path?: Path; readonly fault: Fault }) => void;
}

interface Held {
  readonly due: () => boolean;
  readonly act: () => Promise<unknown>;
}

/** The memory of one faulty store. Share it among its ports. */
export interface Faults {
  /** Lets everything that is held take effect now. */
  settle(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** For `withFaults`. */
  readonly state: FaultState;
}

type Found = Extract<ReadResult, { kind: "found" }>;

// `cutOff` is decided apart, since it can strike before and after all others.
const ORDER: readonly Fault[] = ["drop", "delay", "corrupt", "rollBack", "duplicate"];
const REMEMBERED = 8;

function about(call: PortCall): { readonly op: PortCall["op"]; readonly path?: Path } {
  return call.op === "list" ? { op: call.op } : { op: call.op, path: call.path };
}

class FaultState {
  readonly options: FaultOptions;
  readonly history: Map<Path, Found[]> = new Map();
  /** Contents that readers do not see yet (or never: `due` stays false). */
  readonly hidden: Map<string, () => boolean> = new Map();
  #held: Held[] = [];
  #operations = 0;
  #lost = 0;

  constructor(options: FaultOptions) {
    this.options = options;
  }

  uint32(): number {
    const bytes = this.options.random.bytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  }

  /** The faults of one request. Draws the same amount of randomness for every request. */
  decide(call: PortCall): ReadonlySet<Fault> {
    const chances = this.rates(call);
    const faults = new Set(ORDER.filter((fault) => this.uint32() / 2 ** 32 < (chances[fault] ?? 0)));
    for (const fault of faults) this.tell(call, fault);
    return faults;
  }

  rates(call: PortCall): FaultRates {
    const { rates } = this.options;
    return typeof rates === "function" ? rates(about(call)) : rates;
  }

  tell(call: PortCall, fault: Fault): void {
    this.options.onFault?.({ ...about(call), fault });
  }

  later(): () => boolean {
    const { hold, holdOperations = 5 } = this.options;
    if (hold !== undefined) {
      const at = hold.clock.now() + hold.milliseconds;
      return () => hold.clock.now() >= at;
    }
    const at = this.#operations + 1 + (this.uint32() % Math.max(1, holdOperations));
    return () => this.#operations >= at;
  }

  hold(act: () => Promise<unknown>): void {
    this.#held.push({ due: this.later(), act });
  }

  async begin(): Promise<void> {
    this.#operations++;
    await this.#release((held) => held.due());
  }

  async #release(which: (held: Held) => boolean): Promise<void> {
    const due = this.#held.filter(which);
    this.#held = this.#held.filter((held) => !due.includes(held));
    // Nobody waits for a late packet: how it ends is not told to anyone.
    for (const held of due) await held.act().catch(() => undefined);
  }

  async settle({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    this.hidden.clear();
    await this.#release(() => true);
  }

  corrupt(bytes: Uint8Array): Uint8Array {
    const at = bytes.length === 0 ? 0 : this.uint32() % bytes.length;
    if (bytes.length === 0) return new Uint8Array([1]);
    if (this.uint32() % 4 === 0) return bytes.slice(0, at);
    const copy = bytes.slice();
    copy[at] = (copy[at] ?? 0) ^ (1 << (this.uint32() % 8));
    return copy;
  }

  /** The version that a store which only pretends to have written would answer. */
  pretended(): Version {
    return `lost${++this.#lost}` as Version;
  }

  remember(path: Path, found: Found): void {
    const known = this.history.get(path) ?? [];
    if (known.at(-1)?.version !== found.version) this.history.set(path, [...known, found].slice(-REMEMBERED));
  }
}

/** A store that goes wrong, as its options say. For tests. */
export function createFaults(options: FaultOptions): Faults {
  const state = new FaultState(options);
  return { state, settle: (settling) => state.settle(settling) };
}

function lieAbout(state: FaultState, call: PortCall & { op: "get" }, found: Found, faults: ReadonlySet<Fault>): ReadResult {
  const { path, options } = call;
  const name = `${path} ${found.version}`;
  const earlier = (state.history.get(path) ?? []).filter((old) => old.version !== found.version);
  if (faults.has("drop")) state.hidden.set(name, () => false);
  else if (faults.has("delay") && !state.hidden.has(name)) state.hidden.set(name, state.later());
  const hidden = state.hidden.get(name)?.() === false;
  state.remember(path, found);
  let shown: Found | undefined = hidden ? earlier.at(-1) : found;
  if (faults.has("rollBack")) shown = earlier[state.uint32() % (earlier.length + 1)];
  if (shown === undefined) return { kind: "absent" };
  if (faults.has("corrupt")) shown = { ...shown, bytes: state.corrupt(shown.bytes), version: state.pretended() };
  if (shown.version === options.unless) return { kind: "unchanged" };
  return { ...shown, bytes: cut(shown.bytes, options) };
}

async function get(
  state: FaultState,
  call: PortCall & { op: "get" },
  run: (options: ReadOptions) => Promise<ReadResult>,
): Promise<ReadResult> {
  const faults = state.decide(call);
  // Whole and unconditional, so that older contents can be told and cut as asked.
  const { unless: _, range: __, ...whole } = call.options;
  const answer = await run({ ...whole, maxBytes: Number.MAX_SAFE_INTEGER });
  return answer.kind === "found" ? lieAbout(state, call, answer, faults) : answer;
}

async function change<T>(state: FaultState, call: PortCall, pretend: () => T, run: (corrupted: boolean) => Promise<T>): Promise<T> {
  const faults = state.decide(call);
  const act = (): Promise<T> => run(faults.has("corrupt"));
  if (faults.has("drop")) return pretend();
  if (faults.has("duplicate")) state.hold(act);
  if (faults.has("delay")) {
    state.hold(act);
    return pretend();
  }
  return act();
}

function withoutHash({ sha256: _, ...options }: WriteOptions): WriteOptions {
  return options;
}

function cutOff(effect: "before" | "after"): StorageRemoteError {
  return new StorageRemoteError("unreachable", `A fault made for this test cut the connection ${effect} the request took effect.`);
}

/**
 * Stands in front of a port and goes wrong at random. Each call costs the port below one whole read or one write, more with
 * `duplicate`. The list of a `RemoteLister` is only ever cut off.
 */
export function withFaults<P extends RemotePort>(port: P, faults: Faults): Wrapped<P> {
  const { state } = faults;
  const lying = {
    ...("read" in port && {
      read: (path: Path, options: ReadOptions): Promise<ReadResult> =>
        get(state, { op: "get", path, options }, (whole) => port.read(path, whole)),
    }),
    ...("write" in port && {
      checksClock: port.checksClock,
      write(path: Path, bytes: Uint8Array, options: WriteOptions = {}): Promise<WriteResult> {
        const content = bytes.slice();
        const pretend = (): WriteResult => ({ kind: "stored", version: state.pretended() });
        return change(state, { op: "put", path, bytes: content, options }, pretend, (bad) =>
          // Without the hash, with which a real store would notice.
          bad ? port.write(path, state.corrupt(content), withoutHash(options)) : port.write(path, content, options),
        );
      },
      remove: (path: Path, options: { readonly signal?: AbortSignal } = {}): Promise<void> =>
        change(
          state,
          { op: "delete", path, options },
          () => undefined,
          () => port.remove(path, options),
        ),
    }),
    ...("list" in port && { list: port.list.bind(port) }),
  } as unknown as Wrapped<P> & RemotePort;
  return interpose(lying, async (call, run) => {
    call.options.signal?.throwIfAborted();
    await state.begin();
    const drawn = state.uint32();
    const broken = drawn / 2 ** 32 < (state.rates(call).cutOff ?? 0);
    if (broken) state.tell(call, "cutOff");
    if (broken && drawn % 2 === 0) throw cutOff("before");
    const answer = await run(call.options.signal);
    if (broken) throw cutOff("after");
    return answer;
  }) as unknown as Wrapped<P>;
}
