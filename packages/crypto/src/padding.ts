import { readUint, u32 } from "./bytes.ts";
import { CryptoError } from "./crypto-error.ts";

const prefixLength = 4;

/** The total lengths of session, room, box and Shared Object records, in bytes. */
export const sizeClasses: readonly number[] = [4096, 8192, 16_384, 32_768, 65_536];

/** The smallest size class of at least `length` bytes; `undefined` above 65,536. */
export function sizeClass(length: number): number | undefined {
  return sizeClasses.find((size) => length <= size);
}

/** u32 length ‖ bytes ‖ zeros, `length` bytes in all. Throws `bad-length` where the bytes do not fit (they need 4 more). */
export function pad(bytes: Uint8Array, length: number): Uint8Array {
  if (!Number.isSafeInteger(length) || length < prefixLength + bytes.length) {
    throw new CryptoError("bad-length", `${bytes.length} bytes do not fit into ${length} with their length`);
  }
  const padded = new Uint8Array(length);
  padded.set(u32(bytes.length));
  padded.set(bytes, prefixLength);
  return padded;
}

/** A copy of what was padded; `undefined` where the length is false or the filling is not all zeros. */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  if (padded.length < prefixLength) return undefined;
  const end = prefixLength + readUint(padded.subarray(0, prefixLength));
  if (end > padded.length) return undefined;
  let filling = 0;
  for (let i = end; i < padded.length; i++) filling |= padded[i] as number;
  return filling === 0 ? padded.slice(prefixLength, end) : undefined;
}
