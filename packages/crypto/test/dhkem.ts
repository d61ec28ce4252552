import { concat, u16, utf8 } from "../src/bytes.ts";
import { type Kem, labeledKdf } from "../src/hpke.ts";
import type { CryptoProvider } from "../src/provider.ts";
import type { Secret } from "../src/secret.ts";
import { createX25519 } from "../src/x25519.ts";

/** DHKEM(X25519, HKDF-SHA256) of RFC 9180 §4.1: only to run the RFC's vectors through the HPKE of this package. */
export function createDhkem(provider: CryptoProvider): Kem {
  const x25519 = createX25519(provider);
  const id = 0x0020;
  const kdf = labeledKdf(provider, concat(utf8("KEM"), u16(id)));
  const derive = (shared: Secret, enc: Uint8Array, recipient: Uint8Array): Secret =>
    kdf.expand(kdf.extract(new Uint8Array(), "eae_prk", shared), "shared_secret", concat(enc, recipient), 32);
  return {
    id,
    generate: (random) => x25519.generate(random),
    publicKey: (privateKey) => x25519.publicKey(privateKey),
    encapsulate: (publicKey, random) => {
      const ephemeral = x25519.generate(random);
      const shared = x25519.agree(ephemeral.privateKey, publicKey);
      return shared && { enc: ephemeral.publicKey, sharedSecret: derive(shared, ephemeral.publicKey, publicKey) };
    },
    decapsulate: (privateKey, enc) => {
      const shared = x25519.agree(privateKey, enc);
      return shared && derive(shared, enc, x25519.publicKey(privateKey));
    },
  };
}
