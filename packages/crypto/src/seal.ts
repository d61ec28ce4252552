import { concat, equal } from "./bytes.ts";
import { requireLength } from "./crypto-error.ts";
import { hkdf } from "./hkdf.ts";
import { aesSealLabels, type SealLabel } from "./labels.ts";
import type { Aead, CryptoProvider } from "./provider.ts";

/** Bytes of SEAL's salt N. */
export const saltLength = 24;
const commitmentLength = 32;
/** Where the ciphertext begins: behind salt and commitment. */
export const sealHeadLength: number = saltLength + commitmentLength;
const keyLength = 32;
const tagLength = 16;
// A fixed nonce: the key is as unique as the salt that made it (SPEC §5).
export const sealNonce: Uint8Array = new Uint8Array(12);
const noAssociatedData: Uint8Array = new Uint8Array();

/** What SEAL adds to a plaintext: salt 24, commitment 32, tag 16. */
export const sealOverhead: number = sealHeadLength + tagLength;

/** The label fixes the cipher; no label has two (SPEC §5). */
function cipherOf(provider: CryptoProvider, label: SealLabel): Aead {
  return (aesSealLabels as readonly string[]).includes(label) ? provider.aes256Gcm : provider.chacha20Poly1305;
}

/** The key schedule of SEAL: the AEAD key and the commitment to key, label and associated data. The caller erases `encryptionKey`. */
export function sealSchedule(
  provider: CryptoProvider,
  prefix: Uint8Array,
  key: Uint8Array,
  associatedData: Uint8Array,
  salt: Uint8Array,
): { readonly encryptionKey: Uint8Array; readonly commitment: Uint8Array } {
  requireLength(key, keyLength, "a sealing key");
  const both = hkdf(provider, salt, key, concat(prefix, provider.sha256(associatedData)), keyLength + commitmentLength);
  return { encryptionKey: both.subarray(0, keyLength), commitment: both.subarray(keyLength) };
}

/** SEAL with a given 24-byte salt. `prefix` is `"cweb/v1/seal/" ‖ label ‖ 00`. */
export function seal(
  provider: CryptoProvider,
  label: SealLabel,
  prefix: Uint8Array,
  key: Uint8Array,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
  salt: Uint8Array,
): Uint8Array {
  const { encryptionKey, commitment } = sealSchedule(provider, prefix, key, associatedData, salt);
  const ciphertext = cipherOf(provider, label).seal(encryptionKey, sealNonce, noAssociatedData, plaintext);
  encryptionKey.fill(0);
  return concat(salt, commitment, ciphertext);
}

/** OPEN: the commitment is compared before the AEAD sees a byte, so no ciphertext opens under two keys (SPEC §5). */
export function open(
  provider: CryptoProvider,
  label: SealLabel,
  prefix: Uint8Array,
  key: Uint8Array,
  associatedData: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < sealOverhead) return undefined;
  const salt = sealed.subarray(0, saltLength);
  const { encryptionKey, commitment } = sealSchedule(provider, prefix, key, associatedData, salt);
  if (!equal(commitment, sealed.subarray(saltLength, sealHeadLength))) return undefined;
  const plaintext = cipherOf(provider, label).open(encryptionKey, sealNonce, noAssociatedData, sealed.subarray(sealHeadLength));
  encryptionKey.fill(0);
  return plaintext;
}
