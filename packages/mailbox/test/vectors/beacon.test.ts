import { cipherSuite } from "@cweb/crypto";
import { nobleSuite } from "@cweb/crypto/noble";
import { seededRandom } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { openBeacon } from "../../src/core/beacon.ts";
import committed from "../../vectors/beacon.json" with { type: "json" };
import { makeVectors } from "../../vectors/make-vectors.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const keys = { crypto: cipherSuite, id: bytes(committed.id), key: bytes(committed.beaconKey) };

describe("the beacon's vectors", () => {
  test.each([
    ["noble", nobleSuite],
    ["this platform's provider", cipherSuite],
  ])("a beacon has the bytes that %s computes", (_, suite) => {
    expect(JSON.parse(JSON.stringify(makeVectors(suite)))).toEqual(committed);
  });

  test("a beacon is read back", () => {
    for (const { incarnation, commit, lastTick, sealed } of committed.beacons) {
      expect(openBeacon(keys, bytes(sealed))).toEqual({ incarnation, commit, lastTick });
    }
  });

  test("whatever is not exactly a beacon of this home is refused", () => {
    for (const { name, sealed } of committed.refused) expect(openBeacon(keys, bytes(sealed)), name).toBeUndefined();
    const random = seededRandom(1);
    for (let n = 0; n < 200; n++) expect(openBeacon(keys, random.bytes(n % 5 === 0 ? 4096 : n))).toBeUndefined();
  });
});
