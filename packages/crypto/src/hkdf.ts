import { concat, u8 } from "./bytes.ts";
import { CryptoError } from "./crypto-error.ts";
import type { CryptoProvider } from "./provider.ts";
import { Secret } from "./secret.ts";

const hashLength = 32;

/** RFC 5869 §2.2: 32 bytes. */
export function hkdfExtract(provider: CryptoProvider, salt: Uint8Array, inputKey: Uint8Array): Uint8Array {
  return provider.hmacSha256(salt, inputKey);
}

function checkLength(length: number): void {
  if (Number.isSafeInteger(length) && length >= 0 && length <= 255 * hashLength) return;
  throw new CryptoError("bad-length", `HKDF-SHA256 gives 0 to 8,160 bytes, not ${length}`);
}

/** RFC 5869 §2.3, up to 8,160 bytes. */
export function hkdfExpand(provider: CryptoProvider, key: Uint8Array, info: Uint8Array, length: number): Secret {
  checkLength(length);
  const output = new Secret(length);
  let block = new Uint8Array();
  for (let offset = 0, counter = 1; offset < length; offset += hashLength, counter++) {
    block = provider.hmacSha256(key, concat(block, info, u8(counter))) as Uint8Array<ArrayBuffer>;
    output.set(length - offset < hashLength ? block.subarray(0, length - offset) : block, offset);
  }
  block.fill(0);
  return output;
}

/** Extract, then expand. */
export function hkdf(provider: CryptoProvider, salt: Uint8Array, inputKey: Uint8Array, info: Uint8Array, length: number): Secret {
  checkLength(length);
  const native = provider.hkdfSha256?.(salt, inputKey, info, length);
  if (native !== undefined) return new Secret(native.buffer as ArrayBuffer, native.byteOffset, native.length);
  const key = hkdfExtract(provider, salt, inputKey);
  const output = hkdfExpand(provider, key, info, length);
  key.fill(0);
  return output;
}
