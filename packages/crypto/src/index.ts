export { decodeBase32, encodeBase32 } from "./base32.ts";
export { compare, concat, equal, readUint, release, u8, u16, u32, u64, utf8 } from "./bytes.ts";
export type {
  BulkCipher,
  CipherSuite,
  Ed25519,
  Hpke,
  HpkeReceiver,
  HpkeSender,
  KeyPair,
  MlKem768,
  Pqxdh,
  PqxdhContext,
  PqxdhResult,
  X25519,
} from "./cipher-suite.ts";
export type { Clock } from "./clock.ts";
export { createCipherSuite } from "./create-cipher-suite.ts";
export { CryptoError, type CryptoErrorCode } from "./crypto-error.ts";
export { cipherSuite } from "./default-suite.ts";
export type { BulkSealLabel, DeriveLabel, HashLabel, PublicNameLabel, SealLabel, SignLabel } from "./labels.ts";
export { pad, sizeClass, sizeClasses, unpad } from "./padding.ts";
export type { Aead, BulkPrimitives, CryptoProvider, RawEd25519, RawEncapsulation, RawMlKem768, RawX25519 } from "./provider.ts";
export type { Random } from "./random.ts";
export { sealOverhead } from "./seal.ts";
export { erase, Secret, secret } from "./secret.ts";
export { SingleUse } from "./single-use.ts";
export { systemClock } from "./system-clock.ts";
export { systemRandom } from "./system-random.ts";
