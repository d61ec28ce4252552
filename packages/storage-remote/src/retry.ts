import type { Clock, Random } from "@cweb/crypto";
import { interpose, type RemotePort, type Wrapped } from "./interpose.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** How often a request is sent at most, the first included. Default 4. */
  readonly attempts?: number;
  /** The longest wait before the second attempt, in ms; doubles with each further one. Default 200. */
  readonly firstDelay?: number;
  /** The longest wait of all, in ms. A store that asks for more gets no further attempt. Default 10,000. */
  readonly longestDelay?: number;
}

/**
 * Sends requests again that failed with a `retryable` error, after a random part of a doubling delay (full jitter, so that
 * many clients of one store do not come back at once). Where an answer was lost, a repeated conditional write may meet its
 * own first attempt and answer `conflict`: read the object to tell.
 */
export function withRetry<P extends RemotePort>(port: P, options: RetryOptions): Wrapped<P> {
  const { clock, random, attempts = 4, firstDelay = 200, longestDelay = 10_000 } = options;
  const jitter = (): number => {
    const bytes = random.bytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 2 ** 32;
  };
  return interpose(port, async (call, run) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run(call.options.signal);
      } catch (error) {
        if (!(error instanceof StorageRemoteError) || !error.retryable || attempt >= attempts) throw error;
        const asked = error.retryAfter ?? 0;
        if (asked > longestDelay) throw error;
        const most = Math.min(longestDelay, firstDelay * 2 ** (attempt - 1));
        await clock.sleep(Math.min(longestDelay, asked + Math.floor(jitter() * most)), call.options.signal);
      }
    }
  });
}
