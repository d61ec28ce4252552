import { type CipherSuite, type Random, type Secret, secret } from "@cweb/crypto";
import type { LocalStore } from "@cweb/storage-local";
import { encodeId } from "./core/cweb-id.ts";
import { commitToSeed, deriveIdentityKeys, idOf, joinIdKeys, seedLength } from "./core/identity-keys.ts";
import { limits } from "./core/limits.ts";
import type { OwnIdentity } from "./core/own-identity.ts";
import { newOwnState, type OwnState } from "./core/own-state.ts";
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
}

export interface RecoverIdentityOptions extends Omit<CreateIdentityOptions, "publicProperties" | "slotBits" | "random"> {
  /** The identity's own seed, 32 bytes. */
  readonly seed: Uint8Array;
  /** 32 bytes, as it stands in the identity's descriptor. */
  readonly nextIdCommit: Uint8Array;
}

function buildIdentity(crypto: CipherSuite, record: Omit<IdentityRecord, "version">): OwnIdentity {
  const keys = deriveIdentityKeys(crypto, record.seed);
  const { nextIdCommit, profile } = record;
  const idKeys = joinIdKeys({ signingKey: keys.signing.publicKey, identityKey: keys.agreement.publicKey, nextIdCommit });
  const idBytes = idOf(crypto, idKeys);
  const seed = secret(record.seed);
  const roomKey = (context: Uint8Array): Secret => crypto.derive(seed, "ss/osk", context, 32);
  return { id: encodeId(idBytes), idBytes, ...keys, nextIdCommit, profile, roomKey };
}

const defaultSlotBits = 3;

/**
 * Makes an identity and stores it. `nextSeed` (32 bytes) is what can name a successor once the signing key is lost or
 * stolen: it is not stored, keep it offline. Throws `DiscoveryError` `already-initialized` where the store holds an
 * identity, `too-large` or `bad-property` for the options; then nothing was changed.
 */
export async function createIdentity(
  options: CreateIdentityOptions,
  cancel: Cancellable = {},
): Promise<{ readonly identity: OwnIdentity; readonly nextSeed: Secret }> {
  const { crypto, random, profile } = options;
  const own = newOwnState(
    checkedProperties(options.publicProperties ?? new Map()),
    checkedSlotBits(options.slotBits ?? defaultSlotBits),
    false,
  );
  const nextSeed = secret(random.bytes(seedLength));
  const record = { seed: random.bytes(seedLength), nextIdCommit: commitToSeed(crypto, nextSeed), profile };
  return { identity: await store(options, record, own, cancel), nextSeed };
}

/**
 * Makes the home of an existing identity again, after its local state was lost. The new home publishes nothing before
 * `Discovery.adoptPublished` has seen what the old one had published. Throws `DiscoveryError` `already-initialized`,
 * `bad-seed` or `too-large`; then nothing was changed.
 */
export async function recoverIdentity(options: RecoverIdentityOptions, cancel: Cancellable = {}): Promise<OwnIdentity> {
  const { seed, nextIdCommit, profile } = options;
  if (seed.length !== seedLength || nextIdCommit.length !== seedLength) {
    throw new DiscoveryError("bad-seed", `A seed and the commitment to the next one have ${seedLength} bytes each.`);
  }
  return store(options, { seed, nextIdCommit, profile }, newOwnState(new Map(), defaultSlotBits, true), cancel);
}

async function store(
  ports: { readonly local: LocalStore; readonly crypto: CipherSuite },
  record: Omit<IdentityRecord, "version">,
  own: OwnState,
  cancel: Cancellable,
): Promise<OwnIdentity> {
  if (record.profile.length > limits.profile) {
    throw new DiscoveryError("too-large", `A storage profile may have at most ${limits.profile} bytes.`);
  }
  const put = new Map([
    [identityRecord.name, identityRecord.encode(record)],
    [ownRecord.name, ownRecord.encode(own)],
  ]);
  const expected = new Map([...put.keys()].map((name) => [name, null] as const));
  const result = await ports.local.commit({ expected, put, remove: new Set() }, cancel);
  if (result.kind === "conflict") {
    throw new DiscoveryError("already-initialized", "This home has an identity already; nothing was changed.");
  }
  return buildIdentity(ports.crypto, identityRecord.decode(identityRecord.encode(record)));
}

/** The identity of this home; `undefined` where none was made yet. */
export async function loadIdentity(
  options: { readonly local: LocalStore; readonly crypto: CipherSuite },
  cancel: Cancellable = {},
): Promise<OwnIdentity | undefined> {
  const records = await options.local.load([identityRecord.name], cancel);
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
