import { SerializationError } from "./serialization-error.ts";

const checksumLength = 4;

/** CRC-32 (IEEE 802.3), big-endian: finds slips of the hand and cut lines. It proves nothing. */
function crc32(data: Uint8Array): Uint8Array {
  let rest = 0xffff_ffff;
  for (const byte of data) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb8_8320 : rest >>> 1;
  }
  const sum = new Uint8Array(checksumLength);
  new DataView(sum.buffer).setUint32(0, (rest ^ 0xffff_ffff) >>> 0);
  return sum;
}

function toBase64Url(data: Uint8Array): string {
  let binary = "";
  for (const byte of data) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const data = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return toBase64Url(data) === text ? data : undefined; // non-zero trailing bits are refused: one text for the same bytes
}

const malformed = (what: string): SerializationError => new SerializationError("malformed", what);

/** One line of text that people hand on: `scheme`, then base64url without padding of `data` and its CRC-32 (SPEC §10). */
export function encodeLine(scheme: string, data: Uint8Array): string {
  const whole = new Uint8Array(data.length + checksumLength);
  whole.set(data);
  whole.set(crc32(data), data.length);
  return scheme + toBase64Url(whole);
}

/**
 * The bytes of such a line; white space around it is ignored. Throws `SerializationError`: `too-large` for more than `maxBytes` bytes,
 * `malformed` for another scheme, other characters, another checksum.
 */
export function decodeLine(scheme: string, text: string, options: { readonly maxBytes: number }): Uint8Array {
  const line = text.trim();
  if (!line.startsWith(scheme)) throw malformed("the line begins with another word");
  const longest = scheme.length + Math.ceil(((options.maxBytes + checksumLength) * 4) / 3);
  if (line.length > longest) throw new SerializationError("too-large", `${line.length} characters, the limit is ${longest}`);
  const whole = fromBase64Url(line.slice(scheme.length));
  if (whole === undefined || whole.length < checksumLength) throw malformed("the line is cut off or holds other characters");
  const data = whole.subarray(0, -checksumLength);
  const expected = crc32(data);
  if (!whole.subarray(-checksumLength).every((byte, i) => byte === expected[i])) throw malformed("the line's checksum does not fit");
  return data.slice();
}
