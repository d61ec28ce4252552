import { type CipherSuite, concat, type KeyPair, type Secret, u8, utf8 } from "@cweb/crypto";
import { type Path, toPath } from "@cweb/storage-remote";

/** The only suite of version 1. Its number is part of every id, so that there is nothing to negotiate. */
export const suite = 1;
export const seedLength = 32;
const nothing = utf8("");

/** Everything that follows from an identity's seed (SPEC §2.1). */
export interface IdentityKeys {
  readonly signing: KeyPair;
  readonly agreement: KeyPair;
  readonly beacon: { readonly path: Path; readonly key: Secret };
}

export function deriveIdentityKeys(crypto: CipherSuite, seed: Uint8Array): IdentityKeys {
  const signingSeed = crypto.derive(seed, "id-ed", nothing, 32);
  const agreementKey = crypto.derive(seed, "id-x", nothing, 32);
  return {
    signing: { privateKey: signingSeed, publicKey: crypto.ed25519.publicKey(signingSeed) },
    agreement: { privateKey: agreementKey, publicKey: crypto.x25519.publicKey(agreementKey) },
    beacon: {
      path: toPath(crypto.name(crypto.derive(seed, "beacon/name", nothing, 32), nothing)),
      key: crypto.derive(seed, "beacon/enc", nothing, 32),
    },
  };
}

/** H("next", nextEdPk ‖ nextXPk): commits to the keys of the seed that is kept offline. 32 bytes. */
export function commitToSeed(crypto: CipherSuite, nextSeed: Uint8Array): Uint8Array {
  const next = deriveIdentityKeys(crypto, nextSeed);
  return crypto.hash("next", concat(next.signing.publicKey, next.agreement.publicKey));
}

/** edPk ‖ xPk ‖ nextIdCommit: 96 bytes. */
export function joinIdKeys(keys: {
  readonly signingKey: Uint8Array;
  readonly identityKey: Uint8Array;
  readonly nextIdCommit: Uint8Array;
}): Uint8Array {
  return concat(keys.signingKey, keys.identityKey, keys.nextIdCommit);
}

/** id = H("id", u8 suite ‖ idKeys): 32 bytes. */
export function idOf(crypto: CipherSuite, idKeys: Uint8Array): Uint8Array {
  return crypto.hash("id", concat(u8(suite), idKeys));
}

export function descriptorPathOf(crypto: CipherSuite, id: Uint8Array): Path {
  return toPath(crypto.publicName("name/descriptor", id));
}
