import * as nodeCrypto from "node:crypto";
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { RawMlKem768 } from "../provider.ts";
import { Secret } from "../secret.ts";
import { nobleMlKem768 } from "./noble.ts";
import { hasKem, pem } from "./node-keys.ts";

// RFC 9935: PKCS #8 with the `seed` choice, and SubjectPublicKeyInfo; the algorithm is 2.16.840.1.101.3.4.4.2 (ML-KEM-768).
const seedPrefix = "3054020100300b060960864801650304040204428040";
const publicPrefix = "308204b2300b0609608648016503040402038204a100";

interface PrivateForm {
  readonly key: KeyObject;
}

const owner = {};

function privateForm(seed: Uint8Array): PrivateForm {
  return Secret.form(seed, owner, () => ({ key: createPrivateKey(pem("PRIVATE KEY", seedPrefix, seed)) }));
}

function exportJwk(key: KeyObject): { readonly seed: Buffer; readonly publicKey: Uint8Array } {
  const { priv, pub } = key.export({ format: "jwk" }) as { priv: string; pub: string };
  return { seed: Buffer.from(priv, "base64url"), publicKey: new Uint8Array(Buffer.from(pub, "base64url")) };
}

function importPublic(publicKey: Uint8Array): KeyObject {
  return createPublicKey(pem("PUBLIC KEY", publicPrefix, publicKey));
}

/** ML-KEM-768 of OpenSSL 3.5, or `undefined` where this Node has none. Encapsulation with given coins stays noble's: OpenSSL takes none. */
export function nativeMlKem768(): RawMlKem768 | undefined {
  if (!hasKem) return undefined;
  const { encapsulate, decapsulate } = nodeCrypto;
  try {
    privateForm(new Uint8Array(64));
  } catch {
    return undefined; // built against an OpenSSL without ML-KEM
  }
  return {
    publicKey: (seed) => exportJwk(privateForm(seed).key).publicKey,
    encapsulate: nobleMlKem768.encapsulate,
    decapsulate: (seed, ciphertext) => new Uint8Array(decapsulate(privateForm(seed).key, ciphertext)),
    generate: () => {
      const key = generateKeyPairSync("ml-kem-768").privateKey;
      const { seed, publicKey } = exportJwk(key);
      const privateKey = new Secret(seed);
      seed.fill(0);
      Secret.form(privateKey, owner, () => ({ key }));
      return { privateKey, publicKey };
    },
    encapsulateFresh: (publicKey) => {
      const { ciphertext, sharedKey } = encapsulate(importPublic(publicKey));
      return { ciphertext: new Uint8Array(ciphertext), sharedSecret: new Uint8Array(sharedKey) };
    },
  };
}
