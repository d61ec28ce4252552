export { compare, concat, equal, readUint, u8, u16, u32, u64, utf8 } from "./bytes.ts";
export type {
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
export type { DeriveLabel, HashLabel, PublicNameLabel, SealLabel, SignLabel } from "./labels.ts";
export type { Random } from "./random.ts";
export { erase, Secret, secret } from "./secret.ts";
