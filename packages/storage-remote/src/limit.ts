import { interpose, type RemotePort, type Wrapped } from "./interpose.ts";

/** Lets through a bounded number at a time, first come, first served. Share one among all ports that should share the bound. */
export interface Limit {
  /** Resolves with the function that gives the place back; rejects with `signal.reason` when aborted first. */
  enter(signal?: AbortSignal): Promise<() => void>;
}

/** At most `places` (from 1) requests at a time. */
export function createLimit(places: number): Limit {
  let free = Math.max(1, Math.floor(places));
  const waiting = new Set<() => void>();
  const leave = (): void => {
    const next = waiting.values().next().value;
    if (next === undefined) free++;
    else next();
  };
  const once = (): (() => void) => {
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  };
  return {
    async enter(signal?: AbortSignal): Promise<() => void> {
      signal?.throwIfAborted();
      if (free > 0) {
        free--;
        return once();
      }
      return new Promise((resolve, reject) => {
        const abort = (): void => {
          waiting.delete(go);
          reject(signal?.reason);
        };
        const go = (): void => {
          waiting.delete(go);
          signal?.removeEventListener("abort", abort);
          resolve(once());
        };
        waiting.add(go);
        signal?.addEventListener("abort", abort, { once: true });
      });
    },
  };
}

/** Bounds how many requests are under way at a time. */
export function withLimit<P extends RemotePort>(port: P, limit: Limit): Wrapped<P> {
  return interpose(port, async (call, run) => {
    const leave = await limit.enter(call.options.signal);
    try {
      return await run(call.options.signal);
    } finally {
      leave();
    }
  });
}
