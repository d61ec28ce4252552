import type { Random } from "@cweb/crypto";
import type { Action, ActionKind, Schedule } from "./schedule.ts";

/** A fresh world with its processes spawned; `end` is asked when nothing is left to do, and names what is wrong. */
export interface World {
  readonly schedule: Schedule;
  /** Spawns what comes next once all processes are done; false: nothing comes. */
  next(): Promise<boolean>;
  end(): Promise<readonly string[]>;
}

/** How often each kind of event may happen in one schedule, and how many events in all. `go` and `land` are no events. */
export type Budget = { readonly [K in Exclude<ActionKind, "go" | "land">]: number } & { readonly total: number };

export interface Found {
  readonly problem: string;
  readonly trace: readonly string[];
}

const longestSchedule = 600;

type Choose = (allowed: readonly Action[], step: number) => number;

async function run(world: World, budget: Budget, choose: Choose): Promise<Found | undefined> {
  const { schedule } = world;
  const spent: Record<string, number> = { total: 0 };
  const trace: string[] = [];
  for (let step = 0; ; step++) {
    await schedule.settle();
    let actions = schedule.actions();
    if (actions.length === 0 && (await world.next())) {
      await schedule.settle();
      actions = schedule.actions();
    }
    if (actions.length === 0) break;
    if (step > longestSchedule) return { problem: "C0 does not come to an end", trace };
    const allowed = actions.filter(({ kind }) => isAllowed(kind, spent, budget));
    const action = allowed[choose(allowed, step)] as Action;
    if (!isFree(action.kind)) {
      spent[action.kind] = (spent[action.kind] ?? 0) + 1;
      spent.total = (spent.total ?? 0) + 1;
    }
    trace.push(action.label);
    await action.run();
  }
  const [failure] = schedule.failures;
  if (failure !== undefined) return { problem: `a process failed: ${String(failure)}`, trace };
  const [problem] = await world.end();
  return problem === undefined ? undefined : { problem, trace };
}

const isFree = (kind: ActionKind): kind is "go" | "land" => kind === "go" || kind === "land";

function isAllowed(kind: ActionKind, spent: Record<string, number>, budget: Budget): boolean {
  return isFree(kind) || ((spent[kind] ?? 0) < budget[kind] && (spent.total ?? 0) < budget.total);
}

/** Every schedule within the budget, up to `runs` of them: each is run anew from its beginning. */
export async function exhaust(
  make: () => World,
  budget: Budget,
  runs: number,
): Promise<{ readonly runs: number; readonly complete: boolean; readonly found: readonly Found[] }> {
  const open: number[][] = [[]];
  const found: Found[] = [];
  let count = 0;
  while (open.length > 0 && count < runs && found.length < 3) {
    const prefix = open.pop() as number[];
    const path: number[] = [];
    const problem = await run(make(), budget, (allowed, step) => {
      const choice = prefix[step] ?? 0;
      if (step >= prefix.length) for (let other = 1; other < allowed.length; other++) open.push([...path, other]);
      path.push(choice);
      return choice;
    });
    count++;
    if (problem) found.push(problem);
  }
  return { runs: count, complete: open.length === 0, found };
}

/** Random schedules: mostly uneventful steps, now and then an event. */
export async function sample(make: () => World, budget: Budget, runs: number, random: Random): Promise<readonly Found[]> {
  const pick = (below: number): number => (random.bytes(4).reduce((sum, byte) => sum * 256 + byte, 0) >>> 0) % below;
  const found: Found[] = [];
  for (let n = 0; n < runs && found.length < 3; n++) {
    const rarity = 2 + pick(12);
    const problem = await run(make(), budget, (allowed) => (pick(rarity) === 0 ? pick(allowed.length) : 0));
    if (problem) found.push(problem);
  }
  return found;
}
