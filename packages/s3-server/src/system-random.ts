import { randomBytes } from "node:crypto";

/** Fresh unpredictable bytes, for keys, upload ids and request ids. */
export function systemRandomBytes(length: number): Uint8Array {
  return randomBytes(length);
}
