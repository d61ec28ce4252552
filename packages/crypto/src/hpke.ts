import { concat, u8, u16, utf8 } from "./bytes.ts";
import type { Hpke, HpkeReceiver, HpkeSender, KeyPair } from "./cipher-suite.ts";
import { CryptoError } from "./crypto-error.ts";
import { hkdfExpand, hkdfExtract } from "./hkdf.ts";
import type { CryptoProvider } from "./provider.ts";
import type { Random } from "./random.ts";
import { erase, type Secret } from "./secret.ts";

/** A key encapsulation mechanism as RFC 9180 §4 wants it. */
export interface Kem {
  /** Its number in the IANA registry. */
  readonly id: number;
  generate(random: Random): KeyPair;
  publicKey(privateKey: Uint8Array): Uint8Array;
  encapsulate(publicKey: Uint8Array, random: Random): { readonly enc: Uint8Array; readonly sharedSecret: Secret } | undefined;
  decapsulate(privateKey: Uint8Array, enc: Uint8Array): Secret | undefined;
}

/** HKDF-SHA256 with the labels of RFC 9180 §4. */
export interface LabeledKdf {
  extract(salt: Uint8Array, label: string, inputKey: Uint8Array): Uint8Array;
  expand(key: Uint8Array, label: string, info: Uint8Array, length: number): Secret;
}

const version = utf8("HPKE-v1");
const kdfId = 0x0001;
const aeadId = 0x0003;
const baseMode = 0x00;
const keyLength = 32;
const nonceLength = 12;
const empty: Uint8Array = new Uint8Array();

export function labeledKdf(provider: CryptoProvider, suiteId: Uint8Array): LabeledKdf {
  return {
    extract: (salt, label, inputKey) => hkdfExtract(provider, salt, concat(version, suiteId, utf8(label), inputKey)),
    expand: (key, label, info, length) => hkdfExpand(provider, key, concat(u16(length), version, suiteId, utf8(label), info), length),
  };
}

/** The context of RFC 9180 §5.1 for sequence number 0, whose nonce is the base nonce. */
export interface HpkeContext {
  readonly exporterSecret: Secret;
  readonly key: Secret;
  readonly baseNonce: Secret;
}

/** The key schedule of base mode for DHKEM or any other KEM, HKDF-SHA256 and ChaCha20-Poly1305. */
export function keySchedule(
  provider: CryptoProvider,
  kemId: number,
  sharedSecret: Secret,
  info: Uint8Array,
): HpkeContext & { kdf: LabeledKdf } {
  const kdf = labeledKdf(provider, concat(utf8("HPKE"), u16(kemId), u16(kdfId), u16(aeadId)));
  const pskIdHash = kdf.extract(empty, "psk_id_hash", empty);
  const infoHash = kdf.extract(empty, "info_hash", info);
  const context = concat(u8(baseMode), pskIdHash, infoHash);
  const root = kdf.extract(sharedSecret, "secret", empty);
  const made = {
    kdf,
    key: kdf.expand(root, "key", context, keyLength),
    baseNonce: kdf.expand(root, "base_nonce", context, nonceLength),
    exporterSecret: kdf.expand(root, "exp", context, 32),
  };
  root.fill(0);
  return made;
}

/** HPKE base mode over a KEM, one message a context. */
export function createHpke(provider: CryptoProvider, kem: Kem): Hpke {
  const setup = (sharedSecret: Secret, info: Uint8Array): ReturnType<typeof keySchedule> => {
    const context = keySchedule(provider, kem.id, sharedSecret, info);
    erase(sharedSecret);
    return context;
  };

  return {
    generate: (random) => kem.generate(random),
    publicKey: (privateKey) => kem.publicKey(privateKey),
    setupSender: (publicKey, info, random): HpkeSender | undefined => {
      const encapsulated = kem.encapsulate(publicKey, random);
      if (encapsulated === undefined) return undefined;
      const { kdf, key, baseNonce, exporterSecret } = setup(encapsulated.sharedSecret, info);
      let used = false;
      return {
        enc: encapsulated.enc,
        seal: (associatedData, plaintext) => {
          if (used) throw new CryptoError("key-used", "an HPKE sender seals one message");
          used = true;
          const sealed = provider.chacha20Poly1305.seal(key, baseNonce, associatedData, plaintext);
          erase(key, baseNonce);
          return sealed;
        },
        export: (context, length) => kdf.expand(exporterSecret, "sec", context, length),
      };
    },
    setupReceiver: (privateKey, enc, info): HpkeReceiver | undefined => {
      const sharedSecret = kem.decapsulate(privateKey, enc);
      if (sharedSecret === undefined) return undefined;
      const { kdf, key, baseNonce, exporterSecret } = setup(sharedSecret, info);
      return {
        open: (associatedData, ciphertext) => provider.chacha20Poly1305.open(key, baseNonce, associatedData, ciphertext),
        export: (context, length) => kdf.expand(exporterSecret, "sec", context, length),
      };
    },
  };
}
