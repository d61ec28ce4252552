import { interpose, type PortCall, type RemotePort, type Wrapped } from "./interpose.ts";
import type { Path } from "./port.ts";
import { StorageRemoteError, type StorageRemoteErrorCode } from "./storage-remote-error.ts";

export type RequestOp = "get" | "put" | "delete" | "list";

/** One request that was sent, when it has ended. */
export interface RequestEvent {
  readonly op: RequestOp;
  /** Absent for `list`. */
  readonly path?: Path;
  /** The outcome's kind, the error's code, or `aborted`. `removed` and `listed` where there is but one outcome. */
  readonly result:
    | "found"
    | "unchanged"
    | "absent"
    | "forbidden"
    | "stored"
    | "conflict"
    | "removed"
    | "listed"
    | "aborted"
    | StorageRemoteErrorCode;
  /** Of the object's bytes, those that came or went: without headers. */
  readonly bytes: number;
}

export interface RequestCount {
  readonly requests: number;
  /** Requests that ended with an error or an abort. */
  readonly failed: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export type RequestCounts = Readonly<Record<RequestOp, RequestCount>>;

/** Counts requests and bytes by kind. Share one among all ports that should be counted together. */
export interface Meter {
  /** What was counted so far; stays as it is when more is counted. */
  counts(): RequestCounts;
  /** Adds one request. For back-ends that send more than one for one call. */
  record(event: RequestEvent): void;
}

const NOTHING: RequestCount = { requests: 0, failed: 0, bytesIn: 0, bytesOut: 0 };
const SUCCESSES: ReadonlySet<RequestEvent["result"]> = new Set([
  "found",
  "unchanged",
  "absent",
  "forbidden",
  "stored",
  "conflict",
  "removed",
  "listed",
]);
// These are found before anything is sent, so that no provider counts them either.
const UNSENT: ReadonlySet<RequestEvent["result"]> = new Set(["bad-path", "bad-range", "bad-profile"]);

/** A meter at zero. `onRequest` is told of each request as it ends. */
export function createMeter(options: { readonly onRequest?: (event: RequestEvent) => void } = {}): Meter {
  let counts: RequestCounts = { get: NOTHING, put: NOTHING, delete: NOTHING, list: NOTHING };
  return {
    counts: () => counts,
    record(event: RequestEvent): void {
      const before = counts[event.op];
      const after: RequestCount = {
        requests: before.requests + 1,
        failed: before.failed + (SUCCESSES.has(event.result) ? 0 : 1),
        bytesIn: before.bytesIn + (event.op === "get" ? event.bytes : 0),
        bytesOut: before.bytesOut + (event.op === "put" ? event.bytes : 0),
      };
      counts = { ...counts, [event.op]: after };
      options.onRequest?.(event);
    },
  };
}

function outcome(call: PortCall, answer: unknown): Pick<RequestEvent, "result" | "bytes"> {
  if (call.op === "delete") return { result: "removed", bytes: 0 };
  if (call.op === "list") return { result: "listed", bytes: 0 };
  const { kind, bytes } = answer as { kind: RequestEvent["result"]; bytes?: Uint8Array };
  return { result: kind, bytes: call.op === "put" ? call.bytes.length : (bytes?.length ?? 0) };
}

/** Counts each request. Goes under `withRetry`, directly over the back-end, so that repeated attempts count as what they cost. */
export function withMeter<P extends RemotePort>(port: P, meter: Meter): Wrapped<P> {
  return interpose(port, async (call, run) => {
    call.options.signal?.throwIfAborted();
    const about = call.op === "list" ? { op: call.op } : { op: call.op, path: call.path };
    try {
      const answer = await run(call.options.signal);
      meter.record({ ...about, ...outcome(call, answer) });
      return answer;
    } catch (error) {
      const result = error instanceof StorageRemoteError ? error.code : "aborted";
      if (!UNSENT.has(result)) meter.record({ ...about, result, bytes: 0 });
      throw error;
    }
  });
}
