import type { LocalStore } from "./port.ts";

/** Where to die: at the `call`-th port call (1 is the first), before or after it takes effect. */
export interface CrashPlan {
  readonly call: number;
  readonly when: "before" | "after";
}

/** What the code under test sees of its own death. Not a `StorageLocalError`: nothing that handles failures may handle it. */
export class SimulatedCrash extends Error {
  override readonly name: "SimulatedCrash" = "SimulatedCrash";

  constructor() {
    super("the test's crash plan ends this process here");
  }
}

/** One simulated process: may guard several ports, whose calls it counts together. */
export interface Crash {
  /** Port calls begun so far, of a process that lives. */
  readonly calls: number;
  readonly crashed: boolean;
  /** Counts and runs one port call; throws `SimulatedCrash` at the planned one and at all that follow. */
  run<T>(call: () => Promise<T>): Promise<T>;
}

/** `null`: never dies, only counts, so that a first run tells how many crash points there are. */
export function crashAt(plan: CrashPlan | null): Crash {
  return new PlannedCrash(plan);
}

class PlannedCrash implements Crash {
  readonly #plan: CrashPlan | null;
  #calls = 0;
  #crashed = false;

  constructor(plan: CrashPlan | null) {
    this.#plan = plan;
  }

  get calls(): number {
    return this.#calls;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    this.#die(false);
    const now = ++this.#calls === this.#plan?.call;
    this.#die(now && this.#plan?.when === "before");
    const result = await call();
    // A dead process hears no answer, not even to calls that were under way.
    this.#die(now);
    return result;
  }

  #die(now: boolean): void {
    this.#crashed ||= now;
    if (this.#crashed) throw new SimulatedCrash();
  }
}

/**
 * The same store as a process sees it that dies by `plan`. Give a `Crash` instead of a plan to count several ports together.
 * `close` is not a crash point and leaves the inner store open, as another process would find it.
 */
export function withCrashes(store: LocalStore, plan: CrashPlan | Crash | null): LocalStore {
  const crash = plan !== null && "run" in plan ? plan : crashAt(plan);
  return {
    load: (names, options) => crash.run(() => store.load(names, options)),
    scan: (prefix, options) => crash.run(() => store.scan(prefix, options)),
    commit: (batch, options) => crash.run(() => store.commit(batch, options)),
    close: async () => undefined,
  };
}
