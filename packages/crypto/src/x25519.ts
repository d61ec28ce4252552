import { equal } from "./bytes.ts";
import type { KeyPair, X25519 } from "./cipher-suite.ts";
import { CryptoError, requireLength } from "./crypto-error.ts";
import { fieldElement, fieldPrime, isLess, negatedFieldElement } from "./field.ts";
import type { CryptoProvider } from "./provider.ts";
import type { Random } from "./random.ts";
import { Secret } from "./secret.ts";
import { systemRandom } from "./system-random.ts";

const length = 32;
const zero = new Uint8Array(length);

/** The u-coordinates of order 1, 2, 4 and 8 on the curve and on its twist; RFC 7748 §6.1 gives an all-zero result for each. */
const smallOrder: readonly Uint8Array[] = [
  fieldElement(0),
  fieldElement(1),
  negatedFieldElement(1),
  Uint8Array.of(
    ...[0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a],
    ...[0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00],
  ),
  Uint8Array.of(
    ...[0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b],
    ...[0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57],
  ),
];

function canonical(publicKey: Uint8Array): Uint8Array {
  requireLength(publicKey, length, "an X25519 public key");
  const reduced = new Uint8Array(publicKey);
  reduced[31] = (reduced[31] as number) & 0x7f;
  // p ≤ u < 2^255 has 19 values, which differ from p in the first byte alone.
  return isLess(reduced, fieldPrime) ? reduced : fieldElement((reduced[0] as number) - 0xed);
}

/** X25519 with one encoding a key and no small-order keys (SPEC §6), over any provider. */
export function createX25519({ x25519: raw }: CryptoProvider): X25519 {
  const publicKey = (privateKey: Uint8Array): Uint8Array => {
    requireLength(privateKey, length, "an X25519 private key");
    return raw.publicKey(privateKey);
  };
  return {
    canonical,
    publicKey,
    generate: (random: Random): KeyPair => {
      if (random === systemRandom && raw.generate !== undefined) return raw.generate();
      const privateKey = new Secret(random.bytes(length));
      return { privateKey, publicKey: publicKey(privateKey) };
    },
    agree: (privateKey, peerKey) => {
      requireLength(privateKey, length, "an X25519 private key");
      if (peerKey.length !== length) return undefined;
      const peer = canonical(peerKey);
      if (smallOrder.some((point) => equal(point, peer))) return undefined;
      const shared = new Secret(raw.agree(privateKey, peer));
      if (equal(shared, zero)) throw new CryptoError("provider-unavailable", "the provider's X25519 gave an all-zero secret");
      return shared;
    },
  };
}
