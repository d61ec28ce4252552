import { concat } from "./bytes.ts";
import type { KeyPair, MlKem768, X25519 } from "./cipher-suite.ts";
import { requireLength } from "./crypto-error.ts";
import type { Kem } from "./hpke.ts";
import type { CryptoProvider } from "./provider.ts";
import { erase, Secret, secret } from "./secret.ts";

const seedLength = 32;
const mlKemPublicKeyLength = 1184;
const publicKeyLength = 1216;
const mlKemCiphertextLength = 1088;
const encLength = 1120;
/** `\.//^\`, the label of draft-connolly-cfrg-xwing-kem. */
const xWingLabel: Uint8Array = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c);

interface ExpandedSeed {
  readonly mlKemSeed: Secret;
  readonly x25519Private: Secret;
  readonly x25519Public: Uint8Array;
  readonly publicKey: Uint8Array;
  erase(): void;
}

/** X-Wing as an HPKE KEM. Stricter than the draft in one point: X25519 keys of small order are refused (SPEC §9). */
export function createXWing(provider: CryptoProvider, x25519: X25519, mlKem768: MlKem768): Kem {
  const owner = {};

  const expand = (seed: Uint8Array): ExpandedSeed => {
    requireLength(seed, seedLength, "an X-Wing seed");
    return Secret.form(seed, owner, () => {
      const expanded = provider.shake256(seed, 96);
      const mlKemSeed = secret(expanded.subarray(0, 64));
      const x25519Private = secret(expanded.subarray(64));
      expanded.fill(0);
      const x25519Public = x25519.publicKey(x25519Private);
      const publicKey = concat(mlKem768.publicKey(mlKemSeed), x25519Public);
      return { mlKemSeed, x25519Private, x25519Public, publicKey, erase: () => erase(mlKemSeed, x25519Private) };
    });
  };

  const combine = (mlKemSecret: Secret, x25519Secret: Secret, x25519Ciphertext: Uint8Array, x25519Public: Uint8Array): Secret => {
    const input = concat(mlKemSecret, x25519Secret, x25519Ciphertext, x25519Public, xWingLabel);
    const shared = secret(provider.sha3_256(input));
    erase(input, mlKemSecret, x25519Secret);
    return shared;
  };

  return {
    id: 0x647a,
    generate: (random): KeyPair => {
      const privateKey = new Secret(random.bytes(seedLength));
      return { privateKey, publicKey: expand(privateKey).publicKey.slice() };
    },
    publicKey: (seed) => expand(seed).publicKey.slice(),
    encapsulate: (publicKey, random) => {
      if (publicKey.length !== publicKeyLength) return undefined;
      const peer = publicKey.subarray(mlKemPublicKeyLength);
      const inner = mlKem768.encapsulate(publicKey.subarray(0, mlKemPublicKeyLength), random);
      if (inner === undefined) return undefined;
      const ephemeral = x25519.generate(random);
      const agreed = x25519.agree(ephemeral.privateKey, peer);
      erase(ephemeral.privateKey);
      if (agreed === undefined) return undefined;
      const sharedSecret = combine(inner.sharedSecret, agreed, ephemeral.publicKey, peer);
      return { enc: concat(inner.ciphertext, ephemeral.publicKey), sharedSecret };
    },
    decapsulate: (seed, enc) => {
      const own = expand(seed);
      if (enc.length !== encLength) return undefined;
      const peer = enc.subarray(mlKemCiphertextLength);
      const agreed = x25519.agree(own.x25519Private, peer);
      const inner = mlKem768.decapsulate(own.mlKemSeed, enc.subarray(0, mlKemCiphertextLength));
      if (agreed === undefined || inner === undefined) return undefined;
      return combine(inner, agreed, peer, own.x25519Public);
    },
  };
}
