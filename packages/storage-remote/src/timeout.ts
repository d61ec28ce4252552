import type { Clock } from "@cweb/crypto";
import { interpose, type PortCall, type RemotePort, type Wrapped } from "./interpose.ts";
import { Line } from "./line.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

export interface TimeoutOptions {
  readonly clock: Clock;
  /** How long a request may take beside its bytes, in ms. Default 30,000. */
  readonly milliseconds?: number;
  /**
   * The slowest line still waited for, in bytes a second: adds time for what requests send or may receive. Default 16,384. Bodies above 64 KiB that
   * are under way together share the line, so that each gets the time of all; and what is known of the line counts: a quick one is given up sooner
   * where it stalls, and one that was late gets more time, up to eight times as much.
   */
  readonly slowest?: number;
}

function bytesOf(call: PortCall): number {
  if (call.op === "put") return call.bytes.length;
  return call.op === "get" ? Math.min(call.options.maxBytes, call.options.range?.length ?? call.options.maxBytes) : 0;
}

/** Gives each request a limited time; then it fails with `timed-out`, also where the back-end does not heed its signal. */
export function withTimeout<P extends RemotePort>(port: P, options: TimeoutOptions): Wrapped<P> {
  const { clock, milliseconds = 30_000, slowest = 16_384 } = options;
  const line = new Line(slowest);
  return interpose(port, async (call, run) => {
    const stop = new AbortController();
    const done = new AbortController();
    const caller = call.options.signal;
    const transfer = line.begin(bytesOf(call), clock.now());
    const waitForLate = async (): Promise<never> => {
      // The limit may have grown while it was slept through.
      for (let left = milliseconds + line.timeFor(transfer); left > 0; ) {
        await clock.sleep(left, done.signal);
        left = transfer.begunAt + milliseconds + line.timeFor(transfer) - clock.now();
      }
      line.late(transfer);
      const seconds = Math.ceil((clock.now() - transfer.begunAt) / 1000);
      const error = new StorageRemoteError("timed-out", `The store did not answer within ${seconds} s; check the network.`);
      stop.abort(error);
      throw error;
    };
    const late = waitForLate();
    // Where the answer comes first, nobody looks at how the sleep ends.
    late.catch(() => undefined);
    try {
      const answer = await Promise.race([run(caller === undefined ? stop.signal : AbortSignal.any([caller, stop.signal])), late]);
      line.arrived(transfer, clock.now());
      return answer;
    } finally {
      line.end(transfer);
      done.abort();
    }
  });
}
