import { CryptoError } from "../crypto-error.ts";
import type { Aead, CryptoProvider, RawEd25519, RawMlKem768 } from "../provider.ts";
import { Secret } from "../secret.ts";
import { nobleProvider } from "./noble.ts";
import { strictAead } from "./strict-aead.ts";

type Sodium = typeof import("libsodium-wrappers").default;

async function load(): Promise<Sodium> {
  try {
    const { default: sodium } = await import("libsodium-wrappers");
    await sodium.ready;
    if (typeof sodium.crypto_kem_mlkem768_seed_keypair === "function") return sodium;
  } catch (cause) {
    throw new CryptoError("provider-unavailable", "libsodium-wrappers could not be loaded: add it to your dependencies", { cause });
  }
  throw new CryptoError("provider-unavailable", "libsodium-wrappers is older than 0.8.4 and has no ML-KEM");
}

function chacha20Poly1305(sodium: Sodium): Aead {
  return strictAead({
    seal: (key, nonce, associatedData, plaintext) =>
      sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plaintext, associatedData, null, nonce, key),
    open: (key, nonce, associatedData, sealed) => {
      if (sealed.length < sodium.crypto_aead_chacha20poly1305_IETF_ABYTES) return undefined;
      try {
        return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, associatedData, nonce, key);
      } catch {
        return undefined;
      }
    },
  });
}

interface Expanded {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** libsodium's own long form of a private key, kept beside its seed and erased with it. */
function expander(make: (seed: Uint8Array) => Expanded): (seed: Uint8Array) => Expanded {
  const owner = {};
  return (seed) =>
    Secret.form(seed, owner, () => {
      const { publicKey, privateKey } = make(seed);
      return { publicKey, privateKey, erase: () => privateKey.fill(0) };
    });
}

function ed25519(sodium: Sodium): RawEd25519 {
  const expand = expander((seed) => sodium.crypto_sign_seed_keypair(seed));
  return {
    publicKey: (seed) => expand(seed).publicKey.slice(),
    sign: (seed, message) => sodium.crypto_sign_detached(message, expand(seed).privateKey),
    verify: (publicKey, message, signature) => sodium.crypto_sign_verify_detached(signature, message, publicKey),
  };
}

function mlKem768(sodium: Sodium): RawMlKem768 {
  const expand = expander((seed) => sodium.crypto_kem_mlkem768_seed_keypair(seed));
  return {
    publicKey: (seed) => expand(seed).publicKey.slice(),
    encapsulate: (publicKey, coins) => sodium.crypto_kem_mlkem768_enc_deterministic(publicKey, coins),
    decapsulate: (seed, ciphertext) => sodium.crypto_kem_mlkem768_dec(ciphertext, expand(seed).privateKey),
  };
}

/**
 * Curves, ChaCha20-Poly1305 and ML-KEM of libsodium in synchronous WebAssembly; the rest (SHA-2 and SHA-3, HMAC, AES-GCM), which its
 * standard build lacks, is noble's. Rejects with `provider-unavailable` where `libsodium-wrappers` is not installed.
 */
export async function libsodiumProvider(): Promise<CryptoProvider> {
  const sodium = await load();
  return {
    ...nobleProvider,
    name: "libsodium",
    chacha20Poly1305: chacha20Poly1305(sodium),
    x25519: {
      publicKey: (privateKey) => sodium.crypto_scalarmult_base(privateKey),
      agree: (privateKey, publicKey) => sodium.crypto_scalarmult(privateKey, publicKey),
    },
    ed25519: ed25519(sodium),
    mlKem768: mlKem768(sodium),
  };
}
