import { type CipherSuite, equal, pad, type Random, unpad } from "@cweb/crypto";
import { codec, struct, type TypeOf, u64 } from "@cweb/serialization";
import { type Home, tick } from "./home.ts";

export const beaconSize = 4096;
const sealOverhead = 72;

const beaconType = struct({ incarnation: u64, commit: u64, lastTick: u64 });
const beaconCodec = codec(beaconType, { maxBytes: 64 });

/** What the beacon says of the home that wrote it. */
export type Beacon = TypeOf<typeof beaconType>;

export interface BeaconKeys {
  readonly crypto: CipherSuite;
  readonly id: Uint8Array;
  readonly key: Uint8Array;
}

/** A beacon's 4,096 bytes: fresh on each call, since SEAL draws a salt. */
export function sealBeacon(keys: BeaconKeys, home: Home, random: Random): Uint8Array {
  const { incarnation, commit, lastTick } = home;
  const plain = pad(beaconCodec.encode({ incarnation, commit, lastTick }), beaconSize - sealOverhead);
  return keys.crypto.seal("beacon", keys.key, keys.id, plain, random);
}

/** `undefined` for whatever this home's seed did not write. */
export function openBeacon(keys: BeaconKeys, sealed: Uint8Array): Beacon | undefined {
  const padded = sealed.length === beaconSize ? keys.crypto.open("beacon", keys.key, keys.id, sealed) : undefined;
  const plain = padded && unpad(padded);
  if (!plain) return undefined;
  try {
    return beaconCodec.decode(plain);
  } catch {
    return undefined;
  }
}

/**
 * What the beacon in the bucket says about this state (SPEC "Rolled back").
 * `current`: it is the one this state stored. `store-fault`: older than that, absent or altered: to be stored again.
 * `rolled-back`: somebody with this home's seed went on from here or from another branch.
 */
export type Verdict =
  | { readonly kind: "current" | "store-fault" | "unused" }
  | { readonly kind: "rolled-back"; readonly beacon: Beacon; readonly hash: Uint8Array };

export function judgeBeacon(keys: BeaconKeys, home: Home, found: Uint8Array | undefined): Verdict {
  const { stored, inFlight, incarnation, commit } = home.beacon;
  if (!found) return { kind: stored || inFlight ? "store-fault" : "unused" };
  const hash = keys.crypto.sha256(found);
  if ((stored && equal(hash, stored)) || (inFlight && equal(hash, inFlight))) return { kind: "current" };
  const beacon = openBeacon(keys, found);
  if (!beacon) return { kind: "store-fault" };
  const isBelow = beacon.incarnation < incarnation || (beacon.incarnation === incarnation && beacon.commit < commit);
  return isBelow ? { kind: "store-fault" } : { kind: "rolled-back", beacon, hash };
}

/**
 * The state to go on with after a rollback: a new incarnation, counting on from the higher commit. The foreign beacon becomes the one known to
 * be stored, so that it is not judged twice; it covers nothing, as it is not of this incarnation.
 */
export function recover(home: Home, found: { readonly beacon: Beacon; readonly hash: Uint8Array } | undefined, now: number): Home {
  const lastTick = Math.max(home.lastTick, found?.beacon.lastTick ?? 0, found?.beacon.incarnation ?? 0);
  const ticked = tick({ ...home, lastTick }, now);
  const beacon = found
    ? { incarnation: found.beacon.incarnation, commit: found.beacon.commit, stored: found.hash, inFlight: null }
    : home.beacon;
  return { ...ticked, incarnation: ticked.lastTick, commit: Math.max(home.commit, found?.beacon.commit ?? 0) + 1, beacon };
}
