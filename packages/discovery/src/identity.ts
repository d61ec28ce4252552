import { type CipherSuite, type Random, type Secret, secret } from "@cweb/crypto";
import type { LocalStore } from "@cweb/storage-local";
import { encodeId } from "./core/cweb-id.ts";
import { commitToSeed, deriveIdentityKeys, idOf, joinIdKeys, seedLength } from "./core/identity-keys.ts";
import { limits } from "./core/limits.ts";
import type { OwnIdentity } from "./core/own-identity.ts";
import { newOwnState } from "./core/own-state.ts";
import { DiscoveryError } from "./discovery-error.ts";
import { type IdentityRecord, identityRecord, ownRecord } from "./wire/own-records.ts";
import { checkedProperties, type PublicProperties } from "./wire/public-properties.ts";

interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface CreateIdentityOptions {
  readonly local: LocalStore;
  readonly crypto: CipherSuite;
  readonly random: Random;
  /** The encoded read profile of the own bucket, at most 1 KiB. */
  readonly profile: Uint8Array;
  readonly publicProperties?: PublicProperties;
  /** 0 to 12, default 3: the bucket has 2^slotBits slots. */
  readonly slotBits?: number;
  /**
   * Makes the home of an existing identity again, after its local state was lost. The new home publishes nothing before
   * `Discovery.adoptPublished` has seen what the old one had published.
   */
  readonly recover?: { readonly seed: Uint8Array; readonly nextIdCommit: Uint8Array };
}

function buildIdentity(crypto: CipherSuite, record: Omit<IdentityRecord, "version">): OwnIdentity {
  const keys = deriveIdentityKeys(crypto, record.seed);
  const { nextIdCommit, profile } = record;
  const idKeys = joinIdKeys({ signingKey: keys.signing.publicKey, identityKey: keys.agreement.publicKey, nextIdCommit });
  const idBytes = idOf(crypto, idKeys);
  return { id: encodeId(idBytes), idBytes, ...keys, nextIdCommit, profile };
}

const cancellable = (signal: AbortSignal | undefined): Cancellable => (signal === undefined ? {} : { signal });

/**
 * Makes an identity and stores it. `nextSeed` (32 bytes) is what can name a successor once the signing key is lost or
 * stolen: it is not stored, keep it offline. Throws `DiscoveryError` `already-initialized` where the store holds an
 * identity, `too-large` or `bad-property` for the options; then nothing was changed.
 */
export async function createIdentity(
  options: CreateIdentityOptions,
  cancel: Cancellable = {},
): Promise<{ readonly identity: OwnIdentity; readonly nextSeed: Secret }> {
  const { crypto, random, recover } = options;
  const slotBits = checkedSlotBits(options.slotBits ?? 3);
  const properties = checkedProperties(options.publicProperties ?? new Map());
  if (options.profile.length > limits.profile) {
    throw new DiscoveryError("too-large", `A storage profile may have at most ${limits.profile} bytes.`);
  }
  const nextSeed = secret(random.bytes(seedLength));
  const record = {
    seed: recover === undefined ? random.bytes(seedLength) : recover.seed,
    nextIdCommit: recover === undefined ? commitToSeed(crypto, nextSeed) : recover.nextIdCommit,
    profile: options.profile.slice(),
  };
  const result = await options.local.commit(
    {
      expected: new Map([
        [identityRecord.name, null],
        [ownRecord.name, null],
      ]),
      put: new Map([
        [identityRecord.name, identityRecord.encode(record)],
        [ownRecord.name, ownRecord.encode(newOwnState(properties, slotBits, recover !== undefined))],
      ]),
      remove: new Set(),
    },
    cancellable(cancel.signal),
  );
  if (result.kind === "conflict") {
    throw new DiscoveryError("already-initialized", "This home has an identity already; nothing was changed.");
  }
  return { identity: buildIdentity(crypto, record), nextSeed };
}

/** The identity of this home; `undefined` where none was made yet. */
export async function loadIdentity(
  options: { readonly local: LocalStore; readonly crypto: CipherSuite },
  cancel: Cancellable = {},
): Promise<OwnIdentity | undefined> {
  const records = await options.local.load([identityRecord.name], cancellable(cancel.signal));
  const record = records.get(identityRecord.name);
  return record === undefined ? undefined : buildIdentity(options.crypto, identityRecord.decode(record.bytes));
}

/** Throws `DiscoveryError` `too-large` unless this is a whole number from 0 to 12. */
export function checkedSlotBits(slotBits: number): number {
  if (!Number.isInteger(slotBits) || slotBits < 0 || slotBits > limits.slotBits) {
    throw new DiscoveryError("too-large", `slotBits is a whole number from 0 to ${limits.slotBits}.`);
  }
  return slotBits;
}
