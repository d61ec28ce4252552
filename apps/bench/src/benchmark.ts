/** What a contestant measured by itself, because the work is another process's. */
export interface Measured {
  readonly units: number;
  /** Milliseconds. */
  readonly wall: number;
  /** Milliseconds of CPU. */
  readonly cpu: number;
  /** MiB of memory at most. */
  readonly peak: number;
}

/** One round of work: does it, and answers how many units were done. */
export type Contestant = () => number | Measured | Promise<number | Measured>;

/**
 * What a package's `bench/*.bench.ts` exports, in a list called `benches`. It is plain data, so that a package needs no import from here.
 * The first contestant is the one that the others are compared with.
 */
export interface Benchmark {
  readonly title: string;
  /** What is counted, in the plural: "messages", "requests". */
  readonly unit: string;
  /** Rounds that count; one more, for warming up, does not. 7 if left out. */
  readonly rounds?: number;
  /** Makes everything ready; only the contestants' own time is taken. */
  contestants(): Promise<Readonly<Record<string, Contestant>>> | Readonly<Record<string, Contestant>>;
  /** Called after the last round, also when one failed. */
  close?(): Promise<void> | void;
}

/** What is counted rather than timed, in a list called `reports`: its lines are printed as they come. */
export interface Report {
  readonly title: string;
  lines(): AsyncIterable<string>;
}
