import { describe, expect, test } from "vitest";
import { utf8 } from "../../src/bytes.ts";
import { CryptoError } from "../../src/crypto-error.ts";
import { createLabelPrefixes } from "../../src/label-prefixes.ts";
import { aesSealLabels, chachaSealLabels, deriveLabels, hashLabels, publicNameLabels, signLabels } from "../../src/labels.ts";
import { seededRandom } from "../../src/testing.ts";
import { hex } from "../../vectors/hex.ts";
import { eachSuite } from "../providers.ts";

// `safety`, `hpke` and `slot-com` stand in formulas of their own, in the same root.
const registry: readonly string[] = [
  ...[...hashLabels, ...publicNameLabels, ...deriveLabels, ...signLabels, "safety", "hpke", "slot-com"],
  ...[...chachaSealLabels, ...aesSealLabels].map((label) => `seal/${label}`),
];

test("M4 one key, one purpose: every label is in the registry once", () => {
  expect(new Set(registry).size).toBe(registry.length);
});

test("labels are prefix-free with their terminator", () => {
  const terminated = registry.map((label) => `${label}\0`);
  for (const one of terminated) expect(terminated.filter((other) => other.startsWith(one))).toEqual([one]);
  for (const label of registry) expect(label).toMatch(/^[a-z/-]+$/);
});

test("a prefix is cweb/v1/, the label, and a zero byte", () => {
  expect(createLabelPrefixes().of("seal/dr/msg")).toEqual(utf8("cweb/v1/seal/dr/msg\0"));
  expect(createLabelPrefixes().of("id-ed")).toEqual(utf8("cweb/v1/id-ed\0"));
});

describe.each(eachSuite)("labels, provider %s", (_name, suite) => {
  test("M10 M17 a label outside the registry is refused, not passed on", () => {
    const unknown = "dr/msg2" as never;
    const key = new Uint8Array(32);
    for (const call of [
      () => suite.hash(unknown, key),
      () => suite.publicName(unknown, key),
      () => suite.derive(key, unknown, key, 32),
      () => suite.extractAndExpand(key, key, unknown, key, 32),
      () => suite.ed25519.sign(key, unknown, key),
      () => suite.seal(unknown, key, key, key, seededRandom(1)),
      () => suite.open(unknown, key, key, new Uint8Array(100)),
    ]) {
      expect(call).toThrow(CryptoError);
    }
  });

  test("different labels give different bytes", () => {
    const key = new Uint8Array(32).fill(1);
    const outputs = deriveLabels.map((label) => hex(suite.derive(key, label, key, 32)));
    expect(new Set(outputs).size).toBe(deriveLabels.length);
    const digests = hashLabels.map((label) => hex(suite.hash(label, key)));
    expect(new Set(digests).size).toBe(hashLabels.length);
  });
});
