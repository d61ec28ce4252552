import { defaultLimits } from "./limits.ts";
import { SerializationError } from "./serialization-error.ts";
import { utf8Length } from "./utf8.ts";
import type { Value, WireType } from "./value.ts";

const maxUint = 0xffff_ffff;

export const schema = (expected: string): SerializationError => new SerializationError("schema", `expected ${expected}`);

/** Refuses a bound that is no whole number of `0..most`. */
export function declaredBound(bound: number, most: number): number {
  if (!Number.isInteger(bound) || bound < 0 || bound > most) {
    throw new SerializationError("declaration", `a bound must be a whole number from 0 to ${most}`);
  }
  return bound;
}

/** A type that stands on the wire as itself. */
function plain<T extends Value>(expected: string, is: (value: unknown) => value is T): WireType<T> {
  const check = (value: unknown): T => {
    if (!is(value)) throw schema(expected);
    return value;
  };
  return { toValue: check, fromValue: check };
}

export const nil: WireType<null> = plain("nil", (value) => value === null);

export const bool: WireType<boolean> = plain("a boolean", (value) => typeof value === "boolean");

/** A whole number from 0 to `max`, which is at most 2^32 - 1 (the default). -0 is refused. */
export function uint(max: number = maxUint): WireType<number> {
  declaredBound(max, maxUint);
  return plain(`a whole number from 0 to ${max}`, (value): value is number => isUint(value) && value <= max);
}

export const isUint = (value: unknown): value is number => typeof value === "number" && value >>> 0 === value && !Object.is(value, -0);

/** A whole number from 0 to 2^53 - 1 as an 8-byte bin, big-endian: counters and times in ms. */
export const u64: WireType<number> = {
  toValue(value: number): Value {
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) throw schema("a whole number from 0 to 2^53 - 1");
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, Math.floor(value / 0x1_0000_0000));
    view.setUint32(4, value >>> 0);
    return bytes;
  },
  fromValue(value: Value): number {
    if (!(value instanceof Uint8Array) || value.length !== 8) throw schema("8 bytes");
    const view = new DataView(value.buffer, value.byteOffset, 8);
    const high = view.getUint32(0);
    if (high > 0x1f_ffff) throw schema("a whole number from 0 to 2^53 - 1");
    return high * 0x1_0000_0000 + view.getUint32(4);
  },
};

/** Exactly `length` bytes. */
export function bytes(length: number): WireType<Uint8Array> {
  return bytesUpTo(length, length);
}

/** `min` (0) to `max` bytes. */
export function bytesUpTo(max: number, min: number = 0): WireType<Uint8Array> {
  declaredBound(max, maxUint);
  declaredBound(min, max);
  const expected = min === max ? `${max} bytes` : `${min} to ${max} bytes`;
  const check = (value: Value): Uint8Array => {
    if (!(value instanceof Uint8Array) || value.length < min || value.length > max) throw schema(expected);
    return value;
  };
  return { toValue: (value) => plainView(check(value)), fromValue: check };
}

/** The same memory as a plain `Uint8Array`: msgpackr treats subclasses by their own `toJSON` or as extensions. */
export const plainView = (value: Uint8Array): Uint8Array => new Uint8Array(value.buffer, value.byteOffset, value.length);

/** A string of at most `maxBytes` bytes of UTF-8 (16,384 at most), without unpaired surrogates or a leading U+FEFF. */
export function text(maxBytes: number): WireType<string> {
  declaredBound(maxBytes, defaultLimits.string);
  return plain(`a well-formed string of at most ${maxBytes} bytes`, (value): value is string => isText(value, maxBytes));
}

export function isText(value: unknown, maxBytes: number): value is string {
  if (typeof value !== "string" || value.length > maxBytes) return false;
  const length = utf8Length(value);
  return length >= 0 && length <= maxBytes;
}

/** Exactly this value. */
export function literal<const T extends number | string | boolean | null>(value: T): WireType<T> {
  if ((typeof value === "number" && !isUint(value)) || (typeof value === "string" && !isText(value, defaultLimits.string))) {
    throw new SerializationError("declaration", "this literal cannot stand on the wire");
  }
  return plain("a fixed value", (other): other is T => other === value && !Object.is(other, -0));
}
