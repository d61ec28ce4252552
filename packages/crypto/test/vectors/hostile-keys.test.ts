import { describe, expect, test } from "vitest";
import { utf8 } from "../../src/bytes.ts";
import { hex, unhex } from "../../vectors/hex.ts";
import hostile from "../../vectors/hostile-keys.json" with { type: "json" };
import { makeHostileKeys } from "../../vectors/make-hostile-keys.ts";
import { eachSuite } from "../providers.ts";

test("the committed hostile keys are those of the generator", () => {
  expect(makeHostileKeys()).toEqual(hostile);
});

describe.each(eachSuite)("hostile keys, provider %s", { timeout: 60_000 }, (_name, suite) => {
  test.each(hostile.ed25519)("Ed25519: $name", ({ publicKey, message, signature, verifies, validKey }) => {
    expect(suite.ed25519.verify(unhex(publicKey), "desc", unhex(message), unhex(signature))).toBe(verifies);
    expect(suite.ed25519.isValidPublicKey(unhex(publicKey))).toBe(validKey);
  });

  test.each(hostile.x25519.exchanges)("X25519: $name", ({ publicKey, canonical, shared }) => {
    const result = suite.x25519.agree(unhex(hostile.x25519.privateKey), unhex(publicKey));
    expect(result === undefined ? null : hex(result)).toBe(shared);
    expect(hex(suite.x25519.canonical(unhex(publicKey)))).toBe(canonical);
  });

  test("X25519 keys of other lengths are refused", () => {
    for (const length of [0, 31, 33]) {
      expect(suite.x25519.agree(unhex(hostile.x25519.privateKey), new Uint8Array(length).fill(9))).toBeUndefined();
    }
  });

  test("an honest signature does not verify under another label", () => {
    const seed = utf8("0123456789abcdef0123456789abcdef");
    const signature = suite.ed25519.sign(seed, "desc", utf8("text"));
    expect(suite.ed25519.verify(suite.ed25519.publicKey(seed), "desc", utf8("text"), signature)).toBe(true);
    expect(suite.ed25519.verify(suite.ed25519.publicKey(seed), "succ", utf8("text"), signature)).toBe(false);
  });
});
