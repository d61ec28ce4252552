import type { ReadOptions } from "./port.ts";
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
