import { cipherSuite } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { judgeBeacon, recover, sealBeacon } from "../../src/core/beacon.ts";
import { decodeHome, isCovered } from "../../src/core/home.ts";
import type { Home } from "../../src/core/records.ts";
import { beaconKey, homeId } from "../support/home.ts";

const keys = { crypto: cipherSuite, id: homeId, key: beaconKey };
const random = seededRandom(1);
const seal = (incarnation: number, commit: number, lastTick = 0): Uint8Array => sealBeacon(keys, { incarnation, commit, lastTick }, random);
const stored = seal(5, 10);
const inFlight = seal(5, 12);
const home: Home = {
  ...decodeHome(undefined),
  incarnation: 5,
  commit: 13,
  lastTick: 6,
  beacon: {
    incarnation: 5,
    commit: 10,
    stored: cipherSuite.sha256(stored),
    inFlight: { commit: 12, hash: cipherSuite.sha256(inFlight) },
    isDue: false,
  },
};

describe("judging a beacon", () => {
  test.each([
    ["the one stored last", stored, "current"],
    ["the one whose outcome is unknown", inFlight, "current"],
    ["none", undefined, "store-fault"],
    ["nonsense", new Uint8Array(4096), "store-fault"],
    ["an older one", seal(5, 9), "store-fault"],
    ["one of an older incarnation", seal(4, 99), "store-fault"],
    ["the same counters in other bytes: another branch", seal(5, 10), "rolled-back"],
    ["a later one", seal(5, 11), "rolled-back"],
    ["one of a later incarnation", seal(6, 1), "rolled-back"],
  ])("%s", (_, found, kind) => {
    expect(judgeBeacon(keys, home, found).kind).toBe(kind);
  });

  test("a home that never stored one finds none, or is a new state of an older home", () => {
    const unused = decodeHome(undefined);
    expect(judgeBeacon(keys, unused, undefined).kind).toBe("current");
    expect(judgeBeacon(keys, unused, seal(1, 1)).kind).toBe("rolled-back");
  });
});

describe("a new incarnation", () => {
  const foreign = { beacon: { incarnation: 7, commit: 40, lastTick: 90 }, hash: new Uint8Array(32) };

  test("goes on from the higher commit and above every tick that was seen", () => {
    expect(recover(home, { foreign }, 0)).toMatchObject({ incarnation: 91, lastTick: 91, commit: 41 });
    expect(recover(home, { tick: 300 }, 0)).toMatchObject({ incarnation: 301, lastTick: 301, commit: 14 });
    expect(recover({ ...home, commit: 99 }, { foreign }, 0).commit).toBe(100);
  });

  test("takes the foreign beacon as the one that is stored, covered by nothing, and has an own one due", () => {
    const recovered = recover(home, { foreign }, 0);
    expect(recovered.beacon).toEqual({ incarnation: 7, commit: 40, stored: foreign.hash, inFlight: null, isDue: true });
    expect(isCovered(recovered, 0)).toBe(false);
  });
});

test("a beacon covers the commits of its incarnation up to its own, unless it is due again", () => {
  expect([10, 11].map((commit) => isCovered(home, commit))).toEqual([true, false]);
  expect(isCovered({ ...home, incarnation: 6 }, 1)).toBe(false);
  expect(isCovered({ ...home, beacon: { ...home.beacon, isDue: true } }, 1)).toBe(false);
});
