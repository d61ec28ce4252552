/** Wakes whoever waits; a ring before the wait counts. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async next(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#rung = false;
    this.#wake = undefined;
  }
}

export interface Work<T, R> {
  /** Calls `onNews` whenever `take` may find something. */
  readonly run: (onNews: () => void, stop: AbortSignal) => Promise<R>;
  readonly take: () => Promise<readonly T[]>;
  readonly signal?: AbortSignal;
}

/** What `take` finds while `run` runs, and what is left when it has ended; returns what `run` answered. */
export async function* inBatches<T, R>({ run, take, signal }: Work<T, R>): AsyncGenerator<readonly T[], R, undefined> {
  const bell = new Bell();
  const stop = new AbortController();
  let isOver = false;
  const running = run(() => bell.ring(), signal ? AbortSignal.any([signal, stop.signal]) : stop.signal).finally(() => {
    isOver = true;
    bell.ring();
  });
  // Looked at below, at the latest when all is over.
  running.catch(() => undefined);
  try {
    for (;;) {
      const isLast = isOver;
      for (let batch = await take(); batch.length > 0; batch = await take()) yield batch;
      if (isLast) return await running;
      await bell.next();
    }
  } finally {
    // Only where somebody leaves early: a slow contact's poll outlives the round.
    if (!isOver) stop.abort();
    await running.catch(() => undefined);
  }
}
