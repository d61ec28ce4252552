import type { Secret } from "@cweb/crypto";
import { createIdentity, DiscoveryError, loadIdentity, type OwnIdentity } from "@cweb/discovery";
import { Mailbox } from "@cweb/mailbox";
import type { Cancellable } from "./contact-book.ts";
import { decodeStore, encodeStore, names, type ProvedStore } from "./core/records.ts";
import { PeerError } from "./peer-error.ts";
import type { CreatePeerOptions, PeerOptions } from "./peer-options.ts";
import { proveAbsent, tryStore } from "./store-trial.ts";

export interface HomeParts {
  readonly identity: OwnIdentity;
  readonly mailbox: Mailbox;
  /** What an earlier process proved of this store. */
  readonly proved: ProvedStore | undefined;
}

/** Reads what a home holds; sends nothing. */
export async function openHome(options: PeerOptions, cancel: Cancellable): Promise<HomeParts> {
  const { local, crypto, random, clock, reader, writer, repeatsWrites = false, process } = options;
  const identity = await loadIdentity({ local, crypto }, cancel);
  if (!identity) throw new PeerError("no-identity", "This home has no identity yet: create one first.");
  const record = (await local.load([names.store], cancel)).get(names.store);
  const found = record && decodeStore(record.bytes);
  const proved = found?.store === storeOf(options, identity) ? found : undefined;
  const home = { id: identity.idBytes, beaconPath: identity.beacon.path, beaconKey: identity.beacon.key };
  const conditionalWrites = proved?.conditionalWrites ?? false;
  const mailbox = new Mailbox({
    local,
    reader,
    writer,
    clock,
    random,
    crypto,
    home,
    conditionalWrites,
    repeatsWrites,
    ...(process ? { process } : {}),
  });
  return { identity, mailbox, proved };
}

/** Tries the store, then makes the identity: in this order, so that nothing is made where the store cannot serve. */
export async function createHome(
  options: CreatePeerOptions,
  cancel: Cancellable,
): Promise<{ readonly home: HomeParts; readonly nextSeed: Secret }> {
  const { local, crypto, random, profile, publicProperties, writer, reader } = options;
  if (await loadIdentity({ local, crypto }, cancel)) {
    throw new DiscoveryError("already-initialized", "This home has an identity already; nothing was changed.");
  }
  const conditionalWrites = await tryStore({ writer, reader, readSide: options.openReader(profile), random }, cancel);
  const { identity, nextSeed } = await createIdentity(
    { local, crypto, random, profile, ...(publicProperties ? { publicProperties } : {}) },
    cancel,
  );
  await putStore(options, { store: storeOf(options, identity), conditionalWrites }, cancel);
  return { home: await openHome(options, cancel), nextSeed };
}

/** Once a store: proves what it can do, for the processes to come. */
export async function noteStore(options: PeerOptions, { identity, proved }: HomeParts, cancel: Cancellable): Promise<void> {
  if (proved) return;
  const { reader, writer, random } = options;
  const conditionalWrites = await proveAbsent({ reader, writer, random }, cancel);
  await putStore(options, { store: storeOf(options, identity), conditionalWrites }, cancel);
}

function storeOf({ describeStore }: PeerOptions, identity: OwnIdentity): string {
  return describeStore?.(identity.profile) ?? "";
}

async function putStore({ local }: PeerOptions, proved: ProvedStore, cancel: Cancellable): Promise<void> {
  // Whoever comes first is right, and so is whoever comes last: both have proved the same.
  await local.commit({ expected: new Map(), put: new Map([[names.store, encodeStore(proved)]]), remove: new Set() }, cancel);
}
