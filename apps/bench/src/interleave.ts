import type { Contestant, Measured } from "./benchmark.ts";

/** Both in milliseconds; `cpu` is that of the whole process. */
export interface Stopwatch {
  wall(): number;
  cpu(): number;
}

/** Medians over the rounds, for one unit of work. */
export interface Figure {
  readonly name: string;
  /** Units a second. */
  readonly rate: number;
  /** Microseconds of this process's CPU a unit. */
  readonly cpu: number;
  /** This contestant's rate over the first one's, the median of the rounds' own ratios: noise that lasts longer than a round cancels out. */
  readonly ratio: number;
  /** MiB of memory, the most of all rounds, where contestants measure themselves. */
  readonly peak?: number;
}

interface Lap {
  readonly rate: number;
  readonly cpu: number;
  readonly peak: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

async function lapOf(contestant: Contestant, watch: Stopwatch): Promise<Lap> {
  const wall = watch.wall();
  const cpu = watch.cpu();
  const done = await contestant();
  const measured: Measured =
    typeof done === "number" ? { units: done, wall: watch.wall() - wall, cpu: watch.cpu() - cpu, peak: Number.NaN } : done;
  const { units } = measured;
  return { rate: (units * 1000) / measured.wall, cpu: (measured.cpu * 1000) / units, peak: measured.peak };
}

/**
 * Lets all contestants take turns: one round is each of them once, every other round in reverse order, so that neither a slow minute of the
 * machine nor a neighbour's garbage falls on the same one each time. The first round warms up and does not count.
 */
export async function interleave(
  contestants: Readonly<Record<string, Contestant>>,
  rounds: number,
  watch: Stopwatch,
): Promise<readonly Figure[]> {
  const names = Object.keys(contestants);
  const laps = new Map<string, Lap[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1)
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const lap = await lapOf(contestants[name] as Contestant, watch);
      if (round > 0) laps.get(name)?.push(lap);
    }
  const first = laps.get(names[0] ?? "") ?? [];
  return [...laps].map(([name, own]) => {
    const peak = Math.max(...own.map((lap) => lap.peak));
    return {
      name,
      rate: median(own.map((lap) => lap.rate)),
      cpu: median(own.map((lap) => lap.cpu)),
      ratio: median(own.map((lap, index) => lap.rate / (first[index]?.rate ?? Number.NaN))),
      ...(Number.isFinite(peak) && { peak }),
    };
  });
}
