import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CipherSuite } from "../../src/cipher-suite.ts";
import { aesSealLabels, chachaSealLabels } from "../../src/labels.ts";
import { seededRandom } from "../../src/testing.ts";
import { eachSuite } from "../providers.ts";

const [reference, ...others] = eachSuite.map(([, suite]) => suite) as [CipherSuite, ...CipherSuite[]];
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const seed = fc.integer({ min: 0, max: 2 ** 31 });
const runs = (numRuns: number): fc.Parameters<unknown> => ({ seed: 20_261_121, numRuns });

/** The same answer, or the same refusal, from every provider. */
function agree<T>(compute: (suite: CipherSuite) => T): T {
  const expected = compute(reference);
  for (const suite of others) expect(compute(suite), suite.provider).toEqual(expected);
  return expected;
}

describe("every provider gives the bytes of the reference", { timeout: 60_000 }, () => {
  test("hashes, names and derivations", () => {
    const property = fc.property(bytes(200), bytes(2000), fc.integer({ min: 0, max: 300 }), (k, text, length) => {
      agree((suite) => [
        suite.mac(k, text),
        suite.name(k, text),
        suite.hash("id", text),
        suite.safetyHash(text),
        suite.derive(k, "dr/init", text, length),
        suite.extractAndExpand(k, k, "dr/root", text, length),
      ]);
    });
    fc.assert(property, runs(100));
  });

  test("SEAL for any text, context and label", () => {
    const label = fc.constantFrom(...chachaSealLabels, ...aesSealLabels);
    const property = fc.property(label, key, bytes(100), bytes(5000), seed, (l, k, ad, text, s) => {
      const sealed = agree((suite) => suite.seal(l, k, ad, text, seededRandom(s)));
      expect(agree((suite) => suite.open(l, k, ad, sealed))).toEqual(text);
    });
    fc.assert(property, runs(100));
  });

  test("X25519 with any public key of 32 bytes", () => {
    fc.assert(
      fc.property(key, key, (own, peer) => void agree((suite) => [suite.x25519.agree(own, peer), suite.x25519.publicKey(own)])),
      runs(50),
    );
  });

  test("Ed25519: signatures, and the verdict on altered ones", () => {
    const flips = fc.array(fc.nat({ max: 767 }), { maxLength: 2 });
    const property = fc.property(key, bytes(100), flips, (own, text, positions) => {
      const [signature, publicKey] = agree((suite) => [suite.ed25519.sign(own, "desc", text), suite.ed25519.publicKey(own)] as const);
      const both = Uint8Array.from([...signature, ...publicKey]);
      for (const position of positions) both[position >> 3] = (both[position >> 3] as number) ^ (1 << (position & 7));
      const untouched = both.every((byte, i) => byte === (i < 64 ? signature[i] : publicKey[i - 64]));
      expect(agree((suite) => suite.ed25519.verify(both.slice(64), "desc", text, both.slice(0, 64)))).toBe(untouched);
    });
    fc.assert(property, runs(50));
  });

  test("ML-KEM and HPKE, also with altered ciphertexts", () => {
    const property = fc.property(seed, fc.nat({ max: 1119 }), bytes(50), (s, position, text) => {
      const pair = agree((suite) => suite.hpke.generate(seededRandom(s)));
      const [enc, sealed] = agree((suite) => {
        const sender = suite.hpke.setupSender(pair.publicKey, text, seededRandom(s + 1));
        return [sender?.enc, sender?.seal(text, text)] as [Uint8Array, Uint8Array];
      });
      const open = (from: Uint8Array) => agree((suite) => suite.hpke.setupReceiver(pair.privateKey, from, text)?.open(text, sealed));
      expect(open(enc)).toEqual(text);
      const altered = enc.with(position, (enc[position] as number) ^ 1);
      agree((suite) => suite.hpke.setupReceiver(pair.privateKey, altered, text)?.export(text, 32));
      expect(open(altered)).toBeUndefined();
    });
    fc.assert(property, runs(10));
  });
});
