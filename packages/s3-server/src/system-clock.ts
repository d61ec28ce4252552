import { setTimeout as delay } from "node:timers/promises";

/** The server's only source of time; the shape is that of the other Cweb packages' clock. */
export interface ServerClock {
  /** Milliseconds since 1970-01-01T00:00Z. */
  now(): number;
  /** Resolves after `milliseconds`; rejects when `signal` is aborted first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: ServerClock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal === undefined ? {} : { signal }),
};
