import { shake256 } from "@noble/hashes/sha3.js";
import type { Clock } from "./clock.ts";
import { CryptoError } from "./crypto-error.ts";
import type { Random } from "./random.ts";

/**
 * A `Random` for tests: SHAKE256 over the seed, so the same seed gives the same bytes, however they are portioned.
 * Every provider gives the same keys and ciphertexts from it (docs/decisions/010-randomness-of-native-kem.md).
 */
export function seededRandom(seed: number | Uint8Array): Random {
  const bytes = typeof seed === "number" ? new TextEncoder().encode(`cweb/v1/testing/${seed}`) : seed;
  const stream = shake256.create({}).update(bytes);
  return { bytes: (length) => (length === 0 ? new Uint8Array() : stream.xof(length)) };
}

interface Sleeper {
  readonly due: number;
  wake(): void;
}

/** A `Clock` for tests: it stands still until `advance` is called. */
export class VirtualClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];

  /** `start`: milliseconds since 1970; by default 2026-01-01T00:00Z. */
  constructor(start: number = 1_767_225_600_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** How many sleeps have not ended yet. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const sleeper: Sleeper = { due: this.#now + Math.max(0, milliseconds), wake };
      if (milliseconds <= 0) return wake();
      signal?.addEventListener("abort", abort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Moves time on and ends every sleep that has become due, the earliest first. Whoever was woken runs after this call. */
  advance(milliseconds: number): void {
    if (!(milliseconds >= 0)) throw new CryptoError("bad-length", "time only moves forward: use setTime to jump");
    this.setTime(this.#now + milliseconds);
  }

  /** Jumps to a time, also backwards (a clock that was put right); sleeps that are due by then end. */
  setTime(now: number): void {
    this.#now = now;
    const due = this.#sleepers.filter((sleeper) => sleeper.due <= now).sort((a, b) => a.due - b.due);
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.due > now);
    for (const sleeper of due) sleeper.wake();
  }
}
