import type { Clock } from "@cweb/crypto";
import { interpose, type PortCall, type RemotePort, type Wrapped } from "./interpose.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

export interface TimeoutOptions {
  readonly clock: Clock;
  /** How long a request may take beside its bytes, in ms. Default 30,000. */
  readonly milliseconds?: number;
  /**
   * The slowest transfer still waited for, in bytes a second: adds time for what a request sends or may receive. Default 16,384. Several
   * transfers may share one slow line, so that after each that was late the next get twice the time, up to eight times as much, until some
   * need less than half of theirs.
   */
  readonly slowest?: number;
}

/** Bodies that tell something of the line; others are over at once, or fail for other reasons. */
const longBody = 65_536;
const mostPatience = 8;

function bytesOf(call: PortCall): number {
  if (call.op === "put") return call.bytes.length;
  return call.op === "get" ? Math.min(call.options.maxBytes, call.options.range?.length ?? call.options.maxBytes) : 0;
}

/** Gives each request a limited time; then it fails with `timed-out`, also where the back-end does not heed its signal. */
export function withTimeout<P extends RemotePort>(port: P, options: TimeoutOptions): Wrapped<P> {
  const { clock, milliseconds = 30_000, slowest = 16_384 } = options;
  let pace = slowest;
  return interpose(port, async (call, run) => {
    const bytes = bytesOf(call);
    const begun = clock.now();
    const bodyTime = Math.ceil((bytes / pace) * 1000);
    const limit = milliseconds + bodyTime;
    const stop = new AbortController();
    const done = new AbortController();
    const caller = call.options.signal;
    const late = clock.sleep(limit, done.signal).then(() => {
      const error = new StorageRemoteError("timed-out", `The store did not answer within ${Math.ceil(limit / 1000)} s; check the network.`);
      if (bytes >= longBody) pace = Math.max(slowest / mostPatience, pace / 2);
      stop.abort(error);
      throw error;
    });
    // Where the answer comes first, nobody looks at how the sleep ends.
    late.catch(() => undefined);
    try {
      const answer = await Promise.race([run(caller === undefined ? stop.signal : AbortSignal.any([caller, stop.signal])), late]);
      if (bytes >= longBody && clock.now() - begun < bodyTime / 2) pace = Math.min(slowest, pace * 2);
      return answer;
    } finally {
      done.abort();
    }
  });
}
