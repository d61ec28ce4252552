import { type CipherSuite, equal, pad, type Random, sealOverhead, unpad } from "@cweb/crypto";
import { codec, struct, type TypeOf, u64 } from "@cweb/serialization";
import { tick } from "./home.ts";
import type { Home } from "./records.ts";

export const beaconSize = 4096;

const beaconType = struct({ incarnation: u64, commit: u64, lastTick: u64 });
const beaconCodec = codec(beaconType, { maxBytes: 64 });

/** What the beacon says of the home that wrote it. */
export type Beacon = TypeOf<typeof beaconType>;

export interface BeaconKeys {
  readonly crypto: CipherSuite;
  /** 32 bytes each. */
  readonly id: Uint8Array;
  readonly key: Uint8Array;
}

/** A beacon's 4,096 bytes: fresh on each call, since SEAL draws a salt. */
export function sealBeacon(keys: BeaconKeys, beacon: Beacon, random: Random): Uint8Array {
  const { incarnation, commit, lastTick } = beacon;
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

/** A beacon that another state of this home wrote. */
export interface ForeignBeacon {
  readonly beacon: Beacon;
  readonly hash: Uint8Array;
}

/**
 * What the beacon in the bucket says about this state (SPEC §5.2). `current`: it is the one this state stored, or none was expected.
 * `store-fault`: older than that, absent or altered: to be stored again. `rolled-back`: somebody with this home's seed went on
 * from here or from another branch.
 */
export type Verdict = { readonly kind: "current" | "store-fault" } | ({ readonly kind: "rolled-back" } & ForeignBeacon);

export function judgeBeacon(keys: BeaconKeys, home: Home, found: Uint8Array | undefined): Verdict {
  const { stored, inFlight, incarnation, commit } = home.beacon;
  if (!found) return { kind: stored ? "store-fault" : "current" };
  const hash = keys.crypto.sha256(found);
  if ((stored && equal(hash, stored)) || (inFlight && equal(hash, inFlight.hash))) return { kind: "current" };
  const beacon = openBeacon(keys, found);
  if (!beacon) return { kind: "store-fault" };
  const isBelow = beacon.incarnation < incarnation || (beacon.incarnation === incarnation && beacon.commit < commit);
  return isBelow ? { kind: "store-fault" } : { kind: "rolled-back", beacon, hash };
}

/** What showed that an old state was restored: a foreign beacon, or objects of a state that was lost. */
export interface Evidence {
  readonly foreign?: ForeignBeacon;
  /** A TICK value that the lost state published. */
  readonly tick?: number;
}

/**
 * The state to go on with: a new incarnation, counting on from the higher commit. The foreign beacon becomes the one known to be
 * stored, so that it is not judged twice; it covers nothing, and an own one is due.
 */
export function recover(home: Home, { foreign, tick: seen = 0 }: Evidence, now: number): Home {
  const lastTick = Math.max(home.lastTick, seen, foreign?.beacon.lastTick ?? 0, foreign?.beacon.incarnation ?? 0, home.beacon.incarnation);
  const ticked = tick({ ...home, lastTick }, now);
  const { incarnation, commit } = foreign?.beacon ?? home.beacon;
  const beacon = { incarnation, commit, stored: foreign?.hash ?? home.beacon.stored, inFlight: null, isDue: true };
  return { ...ticked, incarnation: ticked.lastTick, commit: Math.max(home.commit, commit) + 1, beacon };
}
