import { versionIn } from "./fetch.ts";
import type { RequestEvent } from "./meter.ts";
import type { Path, ReadOptions, ReadResult } from "./port.ts";
import { StorageRemoteError, tooLarge } from "./storage-remote-error.ts";

/** Refuses ranges that no store can be asked for: `offset` from 0, `length` from 1, both whole numbers below 2^53. */
export function checkRead(options: ReadOptions): void {
  const { range, maxBytes } = options;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 0) throw new StorageRemoteError("bad-range", "maxBytes must be a whole number from 0.");
  if (range === undefined) return;
  const whole =
    Number.isSafeInteger(range.offset) && Number.isSafeInteger(range.length) && Number.isSafeInteger(range.offset + range.length);
  if (!whole || range.offset < 0 || range.length < 1) {
    throw new StorageRemoteError("bad-range", "A range needs an offset from 0 and a length from 1, in whole bytes.");
  }
}

/** The asked-for part of a whole body, as an owned copy. Throws `too-large`. */
export function cut(bytes: Uint8Array, options: ReadOptions): Uint8Array {
  const { range, maxBytes } = options;
  const part = range === undefined ? bytes : bytes.subarray(range.offset, range.offset + range.length);
  if (part.length > maxBytes) throw tooLarge(maxBytes);
  return part.slice();
}

/** The result of status 416, the range lies beyond the end: complete where the store tells the version along with it. */
export function beyondEnd(etag: string | null | undefined): ReadResult | "beyond-end" {
  const version = versionIn(etag);
  return version === undefined ? "beyond-end" : { kind: "found", bytes: new Uint8Array(), version };
}

/**
 * Reads by `get`. Where a range lies beyond the end and the store did not tell the version, asks a second time for no bytes
 * of the whole, for the version's sake.
 */
export async function readPart(
  path: Path,
  options: ReadOptions,
  get: (path: Path, options: ReadOptions) => Promise<ReadResult | "beyond-end">,
  onExtraRequest?: (event: RequestEvent) => void,
): Promise<ReadResult> {
  const answer = await get(path, options);
  if (answer !== "beyond-end") return answer;
  onExtraRequest?.({ op: "get", path, result: "found", bytes: 0 });
  const again = await get(path, { ...options, range: { offset: 0, length: 0 } });
  if (again !== "beyond-end") return again;
  throw new StorageRemoteError("bad-answer", "The store refused to send the object whole; it does not speak HTTP ranges correctly.");
}
