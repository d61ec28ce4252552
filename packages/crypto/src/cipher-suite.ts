import type { BulkSealLabel, DeriveLabel, HashLabel, PublicNameLabel, SealLabel, SignLabel } from "./labels.ts";
import type { Random } from "./random.ts";
import type { Secret } from "./secret.ts";

export interface KeyPair {
  readonly privateKey: Secret;
  readonly publicKey: Uint8Array;
}

/** Key agreement on Curve25519 (RFC 7748). Keys are 32 bytes; public keys are answered in canonical encoding. */
export interface X25519 {
  generate(random: Random): KeyPair;
  publicKey(privateKey: Uint8Array): Uint8Array;
  /** The 32-byte shared secret; `undefined` for a public key of small order (an all-zero result). */
  agree(privateKey: Uint8Array, publicKey: Uint8Array): Secret | undefined;
  /** The one encoding of this public key (high bit clear, below p), for comparing and hashing. Throws `bad-key-length` unless it has 32 bytes. */
  canonical(publicKey: Uint8Array): Uint8Array;
}

/** Signatures (RFC 8032, cofactorless and strict: SPEC "Ed25519"). Private keys are 32-byte seeds. */
export interface Ed25519 {
  publicKey(seed: Uint8Array): Uint8Array;
  /** Whether this is a canonical point of large order without torsion: checked once for each new key. */
  isValidPublicKey(publicKey: Uint8Array): boolean;
  /** 64 bytes over `"cweb/v1/" ‖ label ‖ 00 ‖ message`. */
  sign(seed: Uint8Array, label: SignLabel, message: Uint8Array): Uint8Array;
  /** False for anything malformed; never throws for bytes of any length. */
  verify(publicKey: Uint8Array, label: SignLabel, message: Uint8Array, signature: Uint8Array): boolean;
}

/** ML-KEM-768 (FIPS 203). Private keys are 64-byte seeds, public keys 1,184 bytes, ciphertexts 1,088 bytes, secrets 32 bytes. */
export interface MlKem768 {
  generate(random: Random): KeyPair;
  publicKey(seed: Uint8Array): Uint8Array;
  /** Whether `encapsulate` would take this key: 1,184 bytes, reduced. */
  isValidPublicKey(publicKey: Uint8Array): boolean;
  /** `undefined` where the public key is not of the right length or not reduced. */
  encapsulate(publicKey: Uint8Array, random: Random): { readonly ciphertext: Uint8Array; readonly sharedSecret: Secret } | undefined;
  /** `undefined` only for a ciphertext of the wrong length (otherwise implicit rejection answers a random-looking secret). */
  decapsulate(seed: Uint8Array, ciphertext: Uint8Array): Secret | undefined;
}

export interface HpkeSender {
  /** The encapsulation, 1,120 bytes. */
  readonly enc: Uint8Array;
  /** One use only: seals with sequence number 0. Adds 16 bytes. */
  seal(associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array;
  export(context: Uint8Array, length: number): Secret;
}

export interface HpkeReceiver {
  open(associatedData: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
  export(context: Uint8Array, length: number): Secret;
}

/** HPKE base mode (RFC 9180): KEM X-Wing 0x647A, KDF HKDF-SHA256, AEAD ChaCha20-Poly1305. Private keys are 32-byte seeds, public keys 1,216 bytes. */
export interface Hpke {
  generate(random: Random): KeyPair;
  publicKey(seed: Uint8Array): Uint8Array;
  /** `undefined` where the public key is malformed. */
  setupSender(publicKey: Uint8Array, info: Uint8Array, random: Random): HpkeSender | undefined;
  /** `undefined` where `enc` is malformed. A wrong key shows only when the export or the ciphertext is checked. */
  setupReceiver(seed: Uint8Array, enc: Uint8Array, info: Uint8Array): HpkeReceiver | undefined;
}

/** What PQXDH binds beside the keys (SPEC "PQXDH"). Ids are 32 bytes; the others are u64 as safe integers, `kind` is a u8. */
export interface PqxdhContext {
  readonly initiatorId: Uint8Array;
  readonly responderId: Uint8Array;
  readonly generation: number;
  readonly kind: number;
  readonly initSeq: number;
  readonly sawSeq: number;
  readonly initiatorIncarnation: number;
  readonly responderIncarnation: number;
}

export interface PqxdhResult {
  /** 32 bytes. */
  readonly sharedKey: Secret;
  readonly associatedData: Uint8Array;
  /** H("session", AD ‖ EKa ‖ CT), 32 bytes. */
  readonly sessionId: Uint8Array;
  /** EKa, 32 bytes. */
  readonly ephemeralKey: Uint8Array;
  /** CT, 1,088 bytes. */
  readonly ciphertext: Uint8Array;
}

/** PQXDH as pure functions over keys. `undefined`: some key of the other side is malformed or of small order. */
export interface Pqxdh {
  initiate(
    own: { readonly identity: KeyPair },
    peer: { readonly identityKey: Uint8Array; readonly signedPrekey: Uint8Array; readonly kemPrekey: Uint8Array },
    context: PqxdhContext,
    random: Random,
  ): PqxdhResult | undefined;
  respond(
    own: { readonly identity: KeyPair; readonly signedPrekey: KeyPair; readonly kemPrekey: KeyPair },
    peer: { readonly identityKey: Uint8Array; readonly ephemeralKey: Uint8Array; readonly ciphertext: Uint8Array },
    context: PqxdhContext,
  ): PqxdhResult | undefined;
}

/**
 * SEAL for file chunks and pages, of about 1 MiB each: the same bytes as the synchronous one, off the calling thread where the platform can.
 * All arguments must stay as they are until the promise settles. Rejects with the signal's reason when aborted.
 */
export interface BulkCipher {
  /**
   * SEAL (SPEC §5, §5.1) with a key of 32 bytes and a **salt of the caller's**, 24 bytes. Adds 72 bytes.
   *
   * A salt given twice with one key, label and associated data, but another plaintext, breaks confidentiality and authenticity of both. So this is
   * only for callers that draw the salt afresh and persist it together with SHA-256(plaintext) *before* the first ciphertext leaves, and that
   * seal with it again only what has this hash: then it makes the same object again, which is what an interrupted upload needs. Everybody
   * else uses `CipherSuite.seal`. Throws `bad-length` for another salt, `bad-key-length` for another key.
   */
  seal(
    label: BulkSealLabel,
    key: Uint8Array,
    associatedData: Uint8Array,
    plaintext: Uint8Array,
    salt: Uint8Array,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Uint8Array>;
  /** OPEN: `undefined` for anything that is not exactly what was sealed with these. Throws `bad-key-length` for a key of other than 32 bytes. */
  open(
    label: BulkSealLabel,
    key: Uint8Array,
    associatedData: Uint8Array,
    sealed: Uint8Array,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Uint8Array | undefined>;
  /** SHA-256: 32 bytes. */
  sha256(content: Uint8Array, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
}

/** Suite 1, whole: everything a protocol package may compute. Synchronous but for `bulk`; the same bytes whatever the provider. */
export interface CipherSuite {
  /** The name of the provider underneath: `noble`, `node` or `libsodium`. */
  readonly provider: string;
  /** H(label, data): 32 bytes. */
  hash(label: HashLabel, data: Uint8Array): Uint8Array;
  /** SHA-256, 32 bytes: for content hashes and for `SHA-256(T)`. */
  sha256(data: Uint8Array): Uint8Array;
  /** SHA-512("cweb/v1/safety" ‖ 00 ‖ data): 64 bytes. */
  safetyHash(data: Uint8Array): Uint8Array;
  /** HMAC-SHA256, 32 bytes. */
  mac(key: Uint8Array, data: Uint8Array): Secret;
  /** X(key, label, context, length). */
  derive(key: Uint8Array, label: DeriveLabel, context: Uint8Array, length: number): Secret;
  /** HKDF-SHA256(salt, ikm, info = "cweb/v1/" ‖ label ‖ 00 ‖ context, length): the ratchet's root step. */
  extractAndExpand(salt: Uint8Array, inputKey: Uint8Array, label: DeriveLabel, context: Uint8Array, length: number): Secret;
  /** NAME(key, context): 32 characters. */
  name(key: Uint8Array, context: Uint8Array): string;
  /** PNAME(label, data): 32 characters. */
  publicName(label: PublicNameLabel, data: Uint8Array): string;
  /** SEAL: adds 72 bytes. `key` is 32 bytes. */
  seal(label: SealLabel, key: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array, random: Random): Uint8Array;
  /** OPEN: `undefined` for anything that is not exactly what was sealed with these. */
  open(label: SealLabel, key: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** SEAL and SHA-256 for file chunks, off the calling thread where the platform can. */
  readonly bulk: BulkCipher;
  readonly x25519: X25519;
  readonly ed25519: Ed25519;
  readonly mlKem768: MlKem768;
  readonly hpke: Hpke;
  readonly pqxdh: Pqxdh;
}
