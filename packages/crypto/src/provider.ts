import type { KeyPair } from "./cipher-suite.ts";

/** An AEAD with 32-byte keys, 12-byte nonces and a 16-byte tag behind the ciphertext. */
export interface Aead {
  seal(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** `undefined` where the tag is wrong or missing. */
  open(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

/** Private keys: 32 bytes, not clamped. The suite has checked lengths, canonical encoding and order before it calls. */
export interface RawX25519 {
  publicKey(privateKey: Uint8Array): Uint8Array;
  agree(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  /** A key pair of the platform's own randomness; only where that is faster than from given bytes. */
  generate?(): KeyPair;
}

/** Private keys: 32-byte seeds. */
export interface RawEd25519 {
  publicKey(seed: Uint8Array): Uint8Array;
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** The cofactorless equation, for a public key, R and S that the suite has found canonical and A and R of large order. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

export interface RawEncapsulation {
  readonly ciphertext: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

/** Private keys: 64-byte seeds d ‖ z. The suite has checked lengths and that the public key is reduced. */
export interface RawMlKem768 {
  publicKey(seed: Uint8Array): Uint8Array;
  /** Deterministic (FIPS 203 ML-KEM.Encaps_internal) in the 32 bytes `coins`. */
  encapsulate(publicKey: Uint8Array, coins: Uint8Array): RawEncapsulation;
  decapsulate(seed: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  /** As `generate` of `RawX25519`. */
  generate?(): KeyPair;
  /** An encapsulation with the platform's own randomness. */
  encapsulateFresh?(publicKey: Uint8Array): RawEncapsulation;
}

/**
 * What bulk SEAL needs, off the calling thread. Keys have 32 bytes, nonces 12; there is no associated data. Arguments must stay as they
 * are until the promise settles. With `signal` the work may end early; the suite looks at it before and after.
 */
export interface BulkPrimitives {
  sha256(data: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
  /** `head ‖ ciphertext ‖ tag(16)`: the head saves a copy of the whole. */
  sealAes256Gcm(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, head: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
  /** `undefined` where the tag is wrong or missing. */
  openAes256Gcm(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, signal?: AbortSignal): Promise<Uint8Array | undefined>;
}

/**
 * Raw synchronous primitives under a cipher suite. All providers give identical bytes and refuse the same inputs; the vectors of this
 * package are the proof (SPEC §2). Results are owned by the caller. An exception is a failure, never an answer about a stranger's bytes.
 */
export interface CryptoProvider {
  readonly name: string;
  sha256(data: Uint8Array): Uint8Array;
  sha512(data: Uint8Array): Uint8Array;
  sha3_256(data: Uint8Array): Uint8Array;
  shake256(data: Uint8Array, length: number): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** HKDF-SHA256 (RFC 5869), where the platform's own is faster than one over `hmacSha256`; `undefined` for what it does not take. */
  hkdfSha256?(salt: Uint8Array, inputKey: Uint8Array, info: Uint8Array, length: number): Uint8Array | undefined;
  readonly chacha20Poly1305: Aead;
  readonly aes256Gcm: Aead;
  readonly x25519: RawX25519;
  readonly ed25519: RawEd25519;
  readonly mlKem768: RawMlKem768;
  /** Absent: `bulk` of the suite runs on the primitives above. */
  readonly bulk?: BulkPrimitives | undefined;
}
