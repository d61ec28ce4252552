import type { Clock } from "@cweb/crypto";
import type { Progress } from "./progress.ts";

/** The rate is that of the last so many milliseconds. */
const window = 10_000;
/** Moments remembered within the window. */
const samples = 64;

/** Counts a transfer's bytes and tells its rate of late and the time left. */
export class ProgressMeter {
  readonly #clock: Clock;
  readonly #total: number | undefined;
  #done: number;
  #moments: { readonly at: number; readonly done: number }[];

  /** `done`: bytes that are there from earlier runs; they do not count into the rate. */
  constructor(clock: Clock, options: { readonly total: number | undefined; readonly done?: number }) {
    this.#clock = clock;
    this.#total = options.total;
    this.#done = options.done ?? 0;
    this.#moments = [{ at: clock.now(), done: this.#done }];
  }

  /** `bytes` more were moved just now. */
  moved(bytes: number): Progress {
    const at = this.#clock.now();
    this.#done += bytes;
    const last = this.#moments.at(-1);
    // Moments close together count as the later one, so that a quick transfer does not fill the list.
    if (this.#moments.length > 1 && last !== undefined && at - last.at < window / samples) this.#moments.pop();
    this.#moments.push({ at, done: this.#done });
    while (this.#moments.length > 2 && at - (this.#moments[0]?.at ?? at) > window) this.#moments.shift();
    return this.now();
  }

  /** `bytes` more were found to be there already: they count as done, not as moved. */
  found(bytes: number): Progress {
    this.#done += bytes;
    this.#moments = this.#moments.map(({ at, done }) => ({ at, done: done + bytes }));
    return this.now();
  }

  now(): Progress {
    const first = this.#moments[0];
    const elapsed = this.#clock.now() - (first?.at ?? 0);
    const rate = first === undefined || elapsed <= 0 ? 0 : Math.round(((this.#done - first.done) * 1000) / elapsed);
    const total = this.#total;
    const left = total === undefined || (rate <= 0 && this.#done < total) ? undefined : timeLeft(total - this.#done, rate);
    return { done: this.#done, total, rate: Math.max(0, rate), left };
  }
}

const timeLeft = (bytes: number, rate: number): number => (bytes <= 0 ? 0 : Math.round((bytes * 1000) / rate));
