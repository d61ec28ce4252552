import { concat, u8, u64, utf8 } from "./bytes.ts";
import type { MlKem768, Pqxdh, PqxdhContext, PqxdhResult, X25519 } from "./cipher-suite.ts";
import { CryptoError, requireLength } from "./crypto-error.ts";
import { hkdf } from "./hkdf.ts";
import type { CryptoProvider } from "./provider.ts";
import { erase, type Secret } from "./secret.ts";

const info = utf8("Cweb_CURVE25519_SHA-256_ML-KEM-768");
const salt: Uint8Array = new Uint8Array(32);
const domain: Uint8Array = new Uint8Array(32).fill(0xff);
const curveLength = 32;
const kemLength = 1184;

// Disjoint by their first byte, so that no curve key can be taken for a KEM key (SPEC §10).
const encodeCurve = (publicKey: Uint8Array): Uint8Array => concat(u8(0x05), publicKey);
const encodeKem = (publicKey: Uint8Array): Uint8Array => concat(u8(0x0a), publicKey);

interface PublicKeys {
  readonly initiatorIdentity: Uint8Array;
  readonly responderIdentity: Uint8Array;
  readonly signedPrekey: Uint8Array;
  readonly kemPrekey: Uint8Array;
  readonly ephemeralKey: Uint8Array;
  readonly ciphertext: Uint8Array;
}

function counter(value: number, what: string): Uint8Array {
  try {
    return u64(value);
  } catch (cause) {
    throw new CryptoError("bad-length", `${what} must be an unsigned integer`, { cause });
  }
}

function encodeAssociatedData(keys: PublicKeys, context: PqxdhContext): Uint8Array {
  requireLength(context.initiatorId, 32, "the initiator's id");
  requireLength(context.responderId, 32, "the responder's id");
  if (!Number.isInteger(context.kind) || context.kind < 0 || context.kind > 255) throw new CryptoError("bad-length", "kind must be a u8");
  return concat(
    encodeCurve(keys.initiatorIdentity),
    encodeCurve(keys.responderIdentity),
    encodeCurve(keys.signedPrekey),
    encodeKem(keys.kemPrekey),
    context.initiatorId,
    context.responderId,
    counter(context.generation, "generation"),
    u8(context.kind),
    counter(context.initSeq, "initSeq"),
    counter(context.sawSeq, "sawSeq"),
    counter(context.initiatorIncarnation, "initiatorIncarnation"),
    counter(context.responderIncarnation, "responderIncarnation"),
  );
}

/** PQXDH without one-time prekeys (SPEC §10). `hash` is H("session", ·). */
export function createPqxdh(
  provider: CryptoProvider,
  x25519: X25519,
  mlKem768: MlKem768,
  hash: (transcript: Uint8Array) => Uint8Array,
): Pqxdh {
  const finish = (keys: PublicKeys, context: PqxdhContext, secrets: readonly Secret[]): PqxdhResult => {
    const associatedData = encodeAssociatedData(keys, context);
    const inputKey = concat(domain, ...secrets);
    const sharedKey = hkdf(provider, salt, inputKey, info, 32);
    erase(inputKey, ...secrets);
    const { ephemeralKey, ciphertext } = keys;
    return { sharedKey, associatedData, sessionId: hash(concat(associatedData, ephemeralKey, ciphertext)), ephemeralKey, ciphertext };
  };

  return {
    initiate: (own, peer, context, random) => {
      if (peer.identityKey.length !== curveLength || peer.signedPrekey.length !== curveLength) return undefined;
      const encapsulated = mlKem768.encapsulate(peer.kemPrekey, random);
      if (encapsulated === undefined) return undefined;
      const ephemeral = x25519.generate(random);
      const dh1 = x25519.agree(own.identity.privateKey, peer.signedPrekey);
      const dh2 = x25519.agree(ephemeral.privateKey, peer.identityKey);
      const dh3 = x25519.agree(ephemeral.privateKey, peer.signedPrekey);
      erase(ephemeral.privateKey);
      if (dh1 === undefined || dh2 === undefined || dh3 === undefined) return undefined;
      const keys = {
        initiatorIdentity: x25519.canonical(own.identity.publicKey),
        responderIdentity: x25519.canonical(peer.identityKey),
        signedPrekey: x25519.canonical(peer.signedPrekey),
        kemPrekey: peer.kemPrekey,
        ephemeralKey: ephemeral.publicKey,
        ciphertext: encapsulated.ciphertext,
      };
      return finish(keys, context, [dh1, dh2, dh3, encapsulated.sharedSecret]);
    },
    respond: (own, peer, context) => {
      requireLength(own.kemPrekey.publicKey, kemLength, "the own KEM prekey");
      if (peer.identityKey.length !== curveLength || peer.ephemeralKey.length !== curveLength) return undefined;
      const dh1 = x25519.agree(own.signedPrekey.privateKey, peer.identityKey);
      const dh2 = x25519.agree(own.identity.privateKey, peer.ephemeralKey);
      const dh3 = x25519.agree(own.signedPrekey.privateKey, peer.ephemeralKey);
      const decapsulated = mlKem768.decapsulate(own.kemPrekey.privateKey, peer.ciphertext);
      if (dh1 === undefined || dh2 === undefined || dh3 === undefined || decapsulated === undefined) return undefined;
      const keys = {
        initiatorIdentity: x25519.canonical(peer.identityKey),
        responderIdentity: x25519.canonical(own.identity.publicKey),
        signedPrekey: x25519.canonical(own.signedPrekey.publicKey),
        kemPrekey: own.kemPrekey.publicKey,
        ephemeralKey: x25519.canonical(peer.ephemeralKey),
        ciphertext: peer.ciphertext.slice(),
      };
      return finish(keys, context, [dh1, dh2, dh3, decapsulated]);
    },
  };
}
