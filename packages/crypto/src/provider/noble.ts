import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { concat, equal } from "../bytes.ts";
import type { Aead, CryptoProvider, RawEd25519, RawMlKem768 } from "../provider.ts";
import { Secret } from "../secret.ts";
import { strictAead } from "./strict-aead.ts";
import { webCryptoBulk } from "./web-crypto.ts";

const tagLength = 16;

function aead(cipher: typeof chacha20poly1305 | typeof gcm): Aead {
  return strictAead({
    seal: (key, nonce, associatedData, plaintext) => cipher(key, nonce, associatedData).encrypt(plaintext),
    open: (key, nonce, associatedData, sealed) => {
      if (sealed.length < tagLength) return undefined;
      const opener = cipher(key, nonce, associatedData);
      try {
        return opener.decrypt(sealed);
      } catch {
        return undefined; // the key and the nonce were accepted above: only the tag can be wrong
      }
    },
  });
}

const { Point } = ed25519;

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

export const nobleEd25519: RawEd25519 = {
  publicKey: (seed) => ed25519.getPublicKey(seed),
  sign: (seed, message) => ed25519.sign(message, seed),
  // Noble's own verify multiplies by the cofactor, OpenSSL and libsodium do not: a signature with torsion in R would split the peers.
  verify: (publicKey, message, signature) => {
    const encodedR = signature.subarray(0, 32);
    let point: InstanceType<typeof Point>;
    try {
      point = Point.fromBytes(publicKey, false);
    } catch {
      return false;
    }
    const k = Point.Fn.create(littleEndian(sha512(concat(encodedR, publicKey, message))));
    const s = littleEndian(signature.subarray(32));
    return equal(Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k)).toBytes(), encodedR);
  },
};

const kemOwner = {};
/** The expanded private key, kept beside its seed: key generation costs as much as a decapsulation. */
function expand(seed: Uint8Array): { publicKey: Uint8Array; secretKey: Uint8Array; erase(): void } {
  return Secret.form(seed, kemOwner, () => {
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    return { publicKey, secretKey, erase: () => secretKey.fill(0) };
  });
}

export const nobleMlKem768: RawMlKem768 = {
  publicKey: (seed) => expand(seed).publicKey.slice(),
  encapsulate: (publicKey, coins) => {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, coins);
    return { ciphertext: cipherText, sharedSecret };
  },
  decapsulate: (seed, ciphertext) => ml_kem768.decapsulate(ciphertext, expand(seed).secretKey),
};

/** The portable reference: JavaScript alone. */
export const nobleProvider: CryptoProvider = {
  name: "noble",
  sha256: (bytes) => sha256(bytes),
  sha512: (bytes) => sha512(bytes),
  sha3_256: (bytes) => sha3_256(bytes),
  shake256: (bytes, length) => shake256(bytes, { dkLen: length }),
  hmacSha256: (key, bytes) => hmac(sha256, key, bytes),
  chacha20Poly1305: aead(chacha20poly1305),
  aes256Gcm: aead(gcm),
  x25519: {
    publicKey: (privateKey) => x25519.getPublicKey(privateKey),
    agree: (privateKey, publicKey) => x25519.getSharedSecret(privateKey, publicKey),
  },
  ed25519: nobleEd25519,
  mlKem768: nobleMlKem768,
  bulk: webCryptoBulk(),
};

export { nobleProvider as platformProvider };
