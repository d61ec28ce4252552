import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase32, encodeBase32 } from "../../src/base32.ts";
import { pad, unpad } from "../../src/padding.ts";
import { seededRandom } from "../../src/testing.ts";
import { eachSuite } from "../providers.ts";

const anything = fc.uint8Array({ maxLength: 1300 });
const runs = (numRuns: number): fc.Parameters<unknown> => ({ seed: 20_261_121, numRuns });

describe.each(eachSuite)("M6 bytes from strangers are answered, never thrown at, provider %s", { timeout: 60_000 }, (_name, suite) => {
  const own = new Uint8Array(32).fill(3);
  const ownKem = new Uint8Array(64).fill(4);

  test("random bytes in every place of a stranger's", () => {
    const property = fc.property(anything, anything, (a, b) => {
      expect(suite.open("dr/msg", own, b, a)).toBeUndefined();
      expect(suite.ed25519.verify(a, "desc", b, b)).toBe(false);
      if (a.length !== 32) expect(suite.x25519.agree(own, a)).toBeUndefined();
      if (a.length !== 1184) expect(suite.mlKem768.encapsulate(a, seededRandom(1))).toBeUndefined();
      if (a.length !== 1088) expect(suite.mlKem768.decapsulate(ownKem, a)).toBeUndefined();
      if (a.length !== 1216) expect(suite.hpke.setupSender(a, b, seededRandom(1))).toBeUndefined();
      if (a.length !== 1120) expect(suite.hpke.setupReceiver(own, a, b)).toBeUndefined();
      if (a.length !== 32) expect(suite.ed25519.isValidPublicKey(a)).toBe(false);
    });
    fc.assert(property, runs(60));
  });

  test("random bytes of the right lengths", () => {
    const exactly = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
    // A byte that no key of small order has there, and a coefficient that is not reduced.
    const largeOrder = exactly(32).map((key) => key.with(7, 0xa5));
    const notReduced = exactly(1184).map((key) => key.with(0, 0xff).with(1, 0xff));
    const property = fc.property(largeOrder, exactly(1088), exactly(64), notReduced, (key, ciphertext, signature, kemKey) => {
      expect(suite.ed25519.verify(key, "desc", ciphertext, signature)).toBe(false);
      expect(typeof suite.ed25519.isValidPublicKey(key)).toBe("boolean");
      expect(suite.x25519.agree(own, key)?.length).toBe(32);
      expect(suite.mlKem768.decapsulate(ownKem, ciphertext)?.length).toBe(32);
      expect(suite.mlKem768.encapsulate(kemKey, seededRandom(1))).toBeUndefined();
      const receiver = suite.hpke.setupReceiver(own, Uint8Array.from([...ciphertext, ...key]), key);
      expect(receiver?.open(key, kemKey)).toBeUndefined();
    });
    fc.assert(property, runs(15));
  });
});

test("base32 has one text for every bytes, and one bytes for every text", () => {
  const alphabet = fc.string({ unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz234567A18= "), maxLength: 60 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), alphabet, (bytes, text) => {
      expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes);
      const decoded = decodeBase32(text);
      if (decoded !== undefined) expect(encodeBase32(decoded)).toBe(text);
    }),
    runs(500),
  );
});

test("padding has one form for every content and length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 20 }), fc.uint8Array({ maxLength: 40 }), (bytes, more, padded) => {
      expect(unpad(pad(bytes, bytes.length + 4 + more))).toEqual(bytes);
      const content = unpad(padded);
      if (content !== undefined) expect(pad(content, padded.length)).toEqual(padded);
    }),
    runs(500),
  );
});
