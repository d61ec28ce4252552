import type { KeyPair, MlKem768 } from "./cipher-suite.ts";
import { requireLength } from "./crypto-error.ts";
import type { CryptoProvider } from "./provider.ts";
import type { Random } from "./random.ts";
import { Secret, secret } from "./secret.ts";
import { systemRandom } from "./system-random.ts";

const seedLength = 64;
const coinsLength = 32;
const publicKeyLength = 1184;
const ciphertextLength = 1088;
const vectorLength = 1152;
const modulus = 3329;

/** FIPS 203 §7.2, modulus check: every 12-bit coefficient is below q. The same verdict before any provider sees the key. */
function isReduced(publicKey: Uint8Array): boolean {
  for (let i = 0; i < vectorLength; i += 3) {
    const [a, b, c] = [publicKey[i] as number, publicKey[i + 1] as number, publicKey[i + 2] as number];
    if ((a | ((b & 0x0f) << 8)) >= modulus || ((b >> 4) | (c << 4)) >= modulus) return false;
  }
  return true;
}

/** ML-KEM-768 with seeds as private keys (SPEC §8), over any provider. */
export function createMlKem768({ mlKem768: raw }: CryptoProvider): MlKem768 {
  const publicKey = (seed: Uint8Array): Uint8Array => {
    requireLength(seed, seedLength, "an ML-KEM seed");
    return raw.publicKey(seed);
  };
  const isValidPublicKey = (key: Uint8Array): boolean => key.length === publicKeyLength && isReduced(key);
  return {
    publicKey,
    isValidPublicKey,
    generate: (random: Random): KeyPair => {
      if (random === systemRandom && raw.generate !== undefined) return raw.generate();
      const privateKey = new Secret(random.bytes(seedLength));
      return { privateKey, publicKey: publicKey(privateKey) };
    },
    encapsulate: (peerKey, random) => {
      if (!isValidPublicKey(peerKey)) return undefined;
      const { ciphertext, sharedSecret } =
        random === systemRandom && raw.encapsulateFresh !== undefined
          ? raw.encapsulateFresh(peerKey)
          : raw.encapsulate(peerKey, random.bytes(coinsLength));
      return { ciphertext, sharedSecret: secret(sharedSecret) };
    },
    decapsulate: (seed, ciphertext) => {
      requireLength(seed, seedLength, "an ML-KEM seed");
      if (ciphertext.length !== ciphertextLength) return undefined;
      return secret(raw.decapsulate(seed, ciphertext));
    },
  };
}
