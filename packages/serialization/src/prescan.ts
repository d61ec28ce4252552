import { defaultLimits, type Limits } from "./limits.ts";
import { SerializationError } from "./serialization-error.ts";
import { isStrictUtf8 } from "./utf8.ts";

const malformed = (what: string, at: number): SerializationError => new SerializationError("malformed", `${what} at offset ${at}`);
const tooLarge = (what: string, limit: number, at: number): SerializationError =>
  new SerializationError("too-large", `${what} above the limit of ${limit} at offset ${at}`);

/** `size` bytes at `at`, big-endian. */
function unsigned(bytes: Uint8Array, at: number, size: 1 | 2 | 4): number {
  if (at + size > bytes.length) throw malformed("truncated", at);
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

/** The same, refused where a shorter form exists: below `least`. */
function minimal(bytes: Uint8Array, at: number, size: 1 | 2 | 4, least: number): number {
  const value = unsigned(bytes, at, size);
  if (value < least) throw malformed("a number or length in a longer form than needed", at);
  return value;
}

/** Where the content of `length` bytes ends. */
function contentEnd(bytes: Uint8Array, start: number, length: number): number {
  if (length > bytes.length - start) throw malformed("truncated", start);
  return start + length;
}

function stringEnd(bytes: Uint8Array, start: number, length: number, limits: Limits): number {
  if (length > limits.string) throw tooLarge("a string", limits.string, start);
  const end = contentEnd(bytes, start, length);
  if (!isStrictUtf8(bytes, start, end)) throw malformed("a string that is not strict UTF-8", start);
  return end;
}

/** The offset behind the scalar at `at`. SPEC §3.1. */
function scalarEnd(bytes: Uint8Array, at: number, token: number, limits: Limits): number {
  if (token < 0x80) return at + 1;
  if (token >= 0xa0 && token < 0xc0) return stringEnd(bytes, at + 1, token - 0xa0, limits);
  const body = at + 1;
  switch (token) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return body;
    case 0xc4:
      return contentEnd(bytes, body + 1, unsigned(bytes, body, 1));
    case 0xc5:
      return contentEnd(bytes, body + 2, minimal(bytes, body, 2, 0x100));
    case 0xc6:
      return contentEnd(bytes, body + 4, minimal(bytes, body, 4, 0x1_0000));
    case 0xcc:
      minimal(bytes, body, 1, 0x80);
      return body + 1;
    case 0xcd:
      minimal(bytes, body, 2, 0x100);
      return body + 2;
    case 0xce:
      minimal(bytes, body, 4, 0x1_0000);
      return body + 4;
    case 0xd9:
      return stringEnd(bytes, body + 1, minimal(bytes, body, 1, 0x20), limits);
    case 0xda:
      return stringEnd(bytes, body + 2, minimal(bytes, body, 2, 0x100), limits);
    case 0xdb:
      return stringEnd(bytes, body + 4, minimal(bytes, body, 4, 0x1_0000), limits);
    default:
      throw malformed(`a type byte that is not allowed (0x${token.toString(16)})`, at);
  }
}

const isArray = (token: number): boolean => (token >= 0x90 && token < 0xa0) || token === 0xdc || token === 0xdd;

/** The offset behind an array's header, and how many elements follow it. */
function arrayHeader(bytes: Uint8Array, at: number, token: number, limits: Limits): { readonly count: number; readonly end: number } {
  let count = token - 0x90;
  let end = at + 1;
  if (token === 0xdc) {
    count = minimal(bytes, end, 2, 0x10);
    end += 2;
  } else if (token === 0xdd) {
    count = minimal(bytes, end, 4, 0x1_0000);
    end += 4;
  }
  if (count > limits.array) throw tooLarge("an array", limits.array, at);
  // Each element takes a byte at least: refused here, before anybody reserves room for `count` elements.
  if (count > bytes.length - end) throw malformed("truncated", end);
  return { count, end };
}

/**
 * Passes exactly one strict value (SPEC §3) and nothing behind it; throws `malformed` or `too-large` otherwise.
 * Iterative: time is linear in `bytes.length`, memory constant.
 */
export function prescan(bytes: Uint8Array, limits: Limits = defaultLimits): void {
  const pending = [1]; // elements still to come, for each open array
  let at = 0;
  while (pending.length > 0) {
    const top = pending.length - 1;
    const left = pending[top] ?? 0;
    if (left === 0) {
      pending.pop();
      continue;
    }
    pending[top] = left - 1;
    const token = bytes[at];
    if (token === undefined) throw malformed("truncated", at);
    if (isArray(token)) {
      if (pending.length > limits.depth) throw tooLarge("nesting", limits.depth, at);
      const { count, end } = arrayHeader(bytes, at, token, limits);
      pending.push(count);
      at = end;
    } else at = scalarEnd(bytes, at, token, limits);
  }
  if (at !== bytes.length) throw malformed("trailing bytes", at);
}
