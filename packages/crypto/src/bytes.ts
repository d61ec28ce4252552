/** The arguments one after the other, in a fresh array. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function bigEndian(value: number, width: 1 | 2 | 4 | 8): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0 || (width < 8 && value >= 2 ** (8 * width))) {
    throw new RangeError(`not an unsigned integer of ${width} bytes: ${value}`);
  }
  const bytes = new Uint8Array(width);
  for (let rest = value, i = width - 1; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

/** Unsigned big-endian integers of 1, 2, 4 and 8 bytes. Throws `RangeError` outside their range (u64: outside the safe integers). */
export const u8 = (value: number): Uint8Array => bigEndian(value, 1);
export const u16 = (value: number): Uint8Array => bigEndian(value, 2);
export const u32 = (value: number): Uint8Array => bigEndian(value, 4);
export const u64 = (value: number): Uint8Array => bigEndian(value, 8);

/** Reads up to 8 big-endian bytes as an unsigned integer; throws `RangeError` beyond the safe integers. */
export function readUint(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = value * 256 + byte;
  if (!Number.isSafeInteger(value)) throw new RangeError("integer beyond 2^53 - 1");
  return value;
}

/** Whether both hold the same bytes, in a time that depends only on their lengths. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/** Negative, zero or positive, as `a` sorts before, with or after `b`. Not constant-time: for public values. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const encoder = new TextEncoder();
/** The UTF-8 bytes of a text. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Below this the garbage collector is cheaper. */
const largeBytes = 16_384;

interface Transferable {
  /** ES2024. */
  transfer?(length: number): ArrayBuffer;
}

/**
 * Gives the memory of large arrays back at once; they are empty afterwards. Left to the garbage collector, a buffer of 1 MiB costs as much as
 * sealing what is in it. Only for arrays that nobody else holds, and that no pending operation reads or fills. Views of something larger, and
 * everything on platforms that cannot do this, are left as they are.
 */
export function release(...arrays: readonly Uint8Array[]): void {
  for (const { buffer, byteLength } of arrays) {
    if (byteLength >= largeBytes && byteLength === buffer.byteLength) (buffer as Transferable).transfer?.(0);
  }
}
