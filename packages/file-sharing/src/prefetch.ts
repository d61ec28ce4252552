import type { TransferPoolOptions, TransferTask } from "./transfer.ts";
import { runTransfers } from "./transfer.ts";

/** How one piece is fetched: what `find` needs comes in order, what it answers runs in parallel. */
export type Find = (index: number, signal: AbortSignal) => Promise<(signal: AbortSignal) => Promise<Uint8Array>>;

/**
 * Pieces `first` to `last`, handed out in order, fetched ahead in parallel: never more than `parallel` are under way or waiting to be taken.
 * Fetching begins with the first `take`.
 */
export class Prefetch {
  readonly #find: Find;
  readonly #options: TransferPoolOptions;
  readonly #last: number;
  readonly #stop = new AbortController();
  readonly #ready = new Map<number, Uint8Array>();
  #pulled: number;
  #taken: number;
  #hasBegun = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;
  #changed: Promise<void> = Promise.resolve();

  constructor(find: Find, range: { readonly first: number; readonly last: number }, options: TransferPoolOptions) {
    this.#find = find;
    this.#options = options;
    this.#pulled = range.first;
    this.#taken = range.first;
    this.#last = range.last;
    this.#renew();
  }

  /** The next piece; `undefined` after the last. Throws what fetching threw. */
  async take(): Promise<Uint8Array | undefined> {
    if (!this.#hasBegun) this.#begin();
    if (this.#taken > this.#last) return undefined;
    await this.#until(() => this.#failure !== undefined || this.#ready.has(this.#taken));
    const piece = this.#ready.get(this.#taken);
    // What came before the failure is still handed out.
    if (piece === undefined) throw this.#failure?.error;
    this.#ready.delete(this.#taken++);
    this.#notify();
    return piece;
  }

  /** Aborts what is under way; what is taken after that fails with `reason`. */
  stop(reason: unknown): void {
    this.#ready.clear();
    this.#stop.abort(reason);
  }

  #begin(): void {
    this.#hasBegun = true;
    const { signal: outer } = this.#options;
    const signal = outer === undefined ? this.#stop.signal : AbortSignal.any([outer, this.#stop.signal]);
    runTransfers((stop) => this.#next(stop), { ...this.#options, signal }).catch((error: unknown) => {
      this.#failure = { error };
      this.#notify();
    });
  }

  async #next(signal: AbortSignal): Promise<TransferTask | undefined> {
    if (this.#pulled > this.#last) return undefined;
    await this.#until(() => this.#pulled - this.#taken < this.#options.parallel);
    const index = this.#pulled++;
    const fetch = await this.#find(index, signal);
    return async (stop) => {
      const piece = await fetch(stop);
      this.#ready.set(index, piece);
      this.#notify();
      return piece.length;
    };
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.#changed;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#renew();
    wake();
  }

  #renew(): void {
    this.#changed = new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
