/** How many requests a transfer begins with. */
const firstWidth = 4;
/** A wider pace is kept where it is at least this much faster than the narrower one before. */
const worthwhile = 1.05;
/** Rounds after which a pace that did not pay to widen is widened again: networks change. */
const roundsUntilRetrial = 16;
const memoryBound = 134_217_728;
/** Of one chunk under way there is its plaintext, its sealed form, and what the platform copies of it. */
const copiesOfChunk = 3;
const defaultParallel = 8;

/** Requests at a time, at most: what was asked for, fewer where chunks are so large that memory would pass 128 MiB. */
export function boundedParallel(chunkSize: number, wanted: number = defaultParallel): number {
  const fits = Math.floor(memoryBound / (copiesOfChunk * chunkSize));
  return Math.max(1, Math.min(Math.floor(wanted) || 1, fits));
}

/**
 * How many requests run at a time: grows while throughput grows with it, halves where the network fails. A failure counts once
 * for all requests that were under way when it came, since one fault of a network fails them together.
 */
export class Pace {
  readonly most: number;
  #width: number;
  /** Doubles until it first does not pay. */
  #doubles = true;
  #held = 0;
  #rateBefore = 0;
  #round: { readonly since: number; readonly left: number; readonly bytes: number };
  #epoch = 0;
  #failures = 0;

  constructor(most: number, now: number) {
    this.most = most;
    this.#width = Math.min(firstWidth, most);
    this.#round = { since: now, left: this.#width, bytes: 0 };
  }

  /** Requests at a time, from 1. */
  get width(): number {
    return this.#width;
  }

  /** To be kept with a request from its start, and given to `failed`. */
  get epoch(): number {
    return this.#epoch;
  }

  succeeded(bytes: number, now: number): void {
    this.#failures = 0;
    const { since, left, bytes: before } = this.#round;
    this.#round = { since, left: left - 1, bytes: before + bytes };
    if (left <= 1) this.#endRound(now);
  }

  #endRound(now: number): void {
    const rate = this.#round.bytes / Math.max(1, now - this.#round.since);
    const pays = rate >= this.#rateBefore * worthwhile;
    if (pays || this.#held >= roundsUntilRetrial) {
      this.#width = Math.min(this.most, this.#doubles ? this.#width * 2 : this.#width + 1);
      this.#rateBefore = rate;
      this.#held = 0;
    } else {
      this.#doubles = false;
      this.#held++;
    }
    this.#round = { since: now, left: this.#width, bytes: 0 };
  }

  /** A request begun in `epoch` failed. Answers how many failures in a row this makes; `undefined` where it counts with an earlier one. */
  failed(epoch: number, now: number): number | undefined {
    if (epoch !== this.#epoch) return undefined;
    this.#epoch++;
    this.#width = Math.max(1, Math.floor(this.#width / 2));
    this.#doubles = false;
    this.#held = 0;
    this.#rateBefore = 0;
    this.#round = { since: now, left: this.#width, bytes: 0 };
    return ++this.#failures;
  }
}
