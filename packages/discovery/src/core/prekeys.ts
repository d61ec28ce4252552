import {
  type CipherSuite,
  erase,
  type HpkeReceiver,
  type KeyPair,
  type PqxdhContext,
  type PqxdhResult,
  type Random,
  type Secret,
  SingleUse,
} from "@cweb/crypto";
import { DiscoveryError } from "../discovery-error.ts";

/** The private keys of one prekey generation (SPEC §5). */
export interface Generation {
  readonly gen: number;
  /** The owner's incarnation that made it. A generation is never named by a descriptor of another one. */
  readonly incarnation: number;
  /** When it was made, in ms. */
  readonly issuedAt: number;
  /** X25519 private key, 32 bytes. */
  readonly signedPrekey: Uint8Array;
  /** ML-KEM-768 seed, 64 bytes. */
  readonly kemSeed: Uint8Array;
  /** X-Wing seed, 32 bytes. */
  readonly broadcastSeed: Uint8Array;
}

export interface PublicPrekeys {
  readonly signedPrekey: Uint8Array;
  readonly kemPrekey: Uint8Array;
  readonly broadcastKey: Uint8Array;
}

export function createGeneration(
  crypto: CipherSuite,
  random: Random,
  born: { readonly gen: number; readonly incarnation: number; readonly issuedAt: number },
): Generation {
  return {
    ...born,
    signedPrekey: crypto.x25519.generate(random).privateKey,
    kemSeed: crypto.mlKem768.generate(random).privateKey,
    broadcastSeed: crypto.hpke.generate(random).privateKey,
  };
}

export function publicPrekeys(crypto: CipherSuite, generation: Generation): PublicPrekeys {
  return {
    signedPrekey: crypto.x25519.publicKey(generation.signedPrekey),
    kemPrekey: crypto.mlKem768.publicKey(generation.kemSeed),
    broadcastKey: crypto.hpke.publicKey(generation.broadcastSeed),
  };
}

export const generationSecrets = (generation: Generation): readonly Uint8Array[] => [
  generation.signedPrekey,
  generation.kemSeed,
  generation.broadcastSeed,
];

/** What another layer may do with a prekey generation. Holds for one transaction. */
export interface PrekeyHandle {
  readonly gen: number;
  /** The own incarnation that published it: what a sender bound as `responderIncarnation`. */
  readonly incarnation: number;
  /** Tries to decapsulate a slot entry's `enc` (1,120 bytes) with the generation's broadcast key. */
  openEntry(enc: Uint8Array, info: Uint8Array): HpkeReceiver | undefined;
  /** The responder's half of PQXDH. Once only: throws `DiscoveryError` `key-used` the second time (M4). */
  respond(
    peer: { readonly identityKey: Uint8Array; readonly ephemeralKey: Uint8Array; readonly ciphertext: Uint8Array },
    context: PqxdhContext,
  ): PrekeyResponse | undefined;
}

/** PQXDH's result, and what the ratchet's first step needs of the signed prekey. */
export interface PrekeyResponse extends PqxdhResult {
  /** DH(signed prekey, publicKey): 32 bytes, `undefined` for a key of small order. Once only; the prekey's copy is erased by it. */
  agreeSignedPrekey(publicKey: Uint8Array): Secret | undefined;
}

export function prekeyHandle(crypto: CipherSuite, identity: KeyPair, generation: Generation): PrekeyHandle {
  let used = false;
  const pair = (privateKey: Uint8Array, publicKey: Uint8Array): KeyPair => ({ privateKey: privateKey as KeyPair["privateKey"], publicKey });
  return {
    gen: generation.gen,
    incarnation: generation.incarnation,
    openEntry: (enc, info) => crypto.hpke.setupReceiver(generation.broadcastSeed, enc, info),
    respond(peer, context) {
      if (used) throw new DiscoveryError("key-used", "A prekey handle answers one initial message only.");
      if (context.generation !== generation.gen) return undefined;
      used = true;
      const keys = publicPrekeys(crypto, generation);
      const own = {
        identity,
        signedPrekey: pair(generation.signedPrekey, keys.signedPrekey),
        kemPrekey: pair(generation.kemSeed, keys.kemPrekey),
      };
      const signedPrekey = new SingleUse(own.signedPrekey.privateKey);
      const result = crypto.pqxdh.respond(own, peer, context);
      erase(generation.kemSeed);
      if (result === undefined) return undefined;
      return { ...result, agreeSignedPrekey: (publicKey) => agreeOnce(crypto, signedPrekey, publicKey) };
    },
  };
}

function agreeOnce(crypto: CipherSuite, signedPrekey: SingleUse<Secret>, publicKey: Uint8Array): Secret | undefined {
  const privateKey = signedPrekey.take();
  const shared = crypto.x25519.agree(privateKey, publicKey);
  erase(privateKey);
  return shared;
}
