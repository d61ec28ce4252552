import type { Clock } from "./clock.ts";

// Longer timers fire at once.
const longestTimer = 2 ** 31 - 1;

function timer(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(handle);
      reject(signal?.reason);
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** The platform's clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    for (let rest = Math.max(0, milliseconds); ; rest -= longestTimer) {
      signal?.throwIfAborted();
      await timer(Math.min(rest, longestTimer), signal);
      if (rest <= longestTimer) return;
    }
  },
};
