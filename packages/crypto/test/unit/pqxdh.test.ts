import { describe, expect, test } from "vitest";
import { concat, utf8 } from "../../src/bytes.ts";
import type { CipherSuite, PqxdhContext, PqxdhResult } from "../../src/cipher-suite.ts";
import { CryptoError } from "../../src/crypto-error.ts";
import { seededRandom } from "../../src/testing.ts";
import { eachSuite } from "../providers.ts";

const context: PqxdhContext = {
  ...{ initiatorId: new Uint8Array(32).fill(0xa), responderId: new Uint8Array(32).fill(0xb) },
  ...{ generation: 5, kind: 0, initSeq: 6, sawSeq: 7, initiatorIncarnation: 8, responderIncarnation: 9 },
};

function world(suite: CipherSuite) {
  const random = seededRandom(1);
  const alice = { identity: suite.x25519.generate(random) };
  const bob = {
    identity: suite.x25519.generate(random),
    signedPrekey: suite.x25519.generate(random),
    kemPrekey: suite.mlKem768.generate(random),
  };
  const bundle = { identityKey: bob.identity.publicKey, signedPrekey: bob.signedPrekey.publicKey, kemPrekey: bob.kemPrekey.publicKey };
  const initiated = suite.pqxdh.initiate(alice, bundle, context, seededRandom(2)) as PqxdhResult;
  const received = { identityKey: alice.identity.publicKey, ephemeralKey: initiated.ephemeralKey, ciphertext: initiated.ciphertext };
  return { alice, bob, bundle, initiated, received };
}

describe.each(eachSuite)("PQXDH, provider %s", { timeout: 60_000 }, (_name, suite) => {
  const { alice, bob, bundle, initiated, received } = world(suite);

  test("both sides arrive at the same key, associated data and session id", () => {
    const responded = suite.pqxdh.respond(bob, received, context) as PqxdhResult;
    expect(responded).toEqual(initiated);
    expect(initiated.sharedKey.length).toBe(32);
    expect(initiated.sessionId).toEqual(
      suite.hash("session", concat(initiated.associatedData, initiated.ephemeralKey, initiated.ciphertext)),
    );
  });

  test("associated data binds the keys in disjoint encodings, the ids and the numbers, in this order", () => {
    const ad = initiated.associatedData;
    expect(ad.length).toBe(3 * 33 + 1185 + 64 + 8 + 1 + 4 * 8);
    expect([ad[0], ad[33], ad[66], ad[99]]).toEqual([5, 5, 5, 0x0a]);
    expect(ad.subarray(1, 33)).toEqual(alice.identity.publicKey);
    expect(ad.subarray(34, 66)).toEqual(bob.identity.publicKey);
    expect(ad.subarray(67, 99)).toEqual(bob.signedPrekey.publicKey);
    expect(ad.subarray(100, 1284)).toEqual(bob.kemPrekey.publicKey);
    expect(ad.subarray(1284, 1348)).toEqual(concat(context.initiatorId, context.responderId));
    expect(Array.from(ad.subarray(1348))).toEqual([0, 0, 0, 0, 0, 0, 0, 5, 0, ...[6, 7, 8, 9].flatMap((n) => [0, 0, 0, 0, 0, 0, 0, n])]);
  });

  test("M7 any key replaced gives another session", () => {
    const other = suite.x25519.generate(seededRandom(3));
    const otherKem = suite.mlKem768.generate(seededRandom(3));
    const ciphertext = initiated.ciphertext.with(7, (initiated.ciphertext[7] as number) ^ 1);
    const variants = [
      suite.pqxdh.respond({ ...bob, identity: other }, received, context),
      suite.pqxdh.respond({ ...bob, signedPrekey: other }, received, context),
      suite.pqxdh.respond({ ...bob, kemPrekey: otherKem }, received, context),
      suite.pqxdh.respond(bob, { ...received, identityKey: other.publicKey }, context),
      suite.pqxdh.respond(bob, { ...received, ephemeralKey: other.publicKey }, context),
      suite.pqxdh.respond(bob, { ...received, ciphertext }, context),
    ];
    for (const variant of variants) {
      expect(variant?.sharedKey).not.toEqual(initiated.sharedKey);
      expect(variant?.sessionId).not.toEqual(initiated.sessionId);
    }
  });

  test("every number and id of the context changes the associated data and the session id", () => {
    const changes: Partial<PqxdhContext>[] = [
      { initiatorId: new Uint8Array(32) },
      { responderId: new Uint8Array(32) },
      { generation: 50 },
      { kind: 1 },
      { initSeq: 50 },
      { sawSeq: 50 },
      { initiatorIncarnation: 50 },
      { responderIncarnation: 50 },
    ];
    const ids = changes.map((change) => suite.pqxdh.respond(bob, received, { ...context, ...change })?.sessionId.join());
    expect(new Set([...ids, initiated.sessionId.join()]).size).toBe(changes.length + 1);
  });

  test("other encodings of the same X25519 keys lead to the same session", () => {
    const highBit = (key: Uint8Array): Uint8Array => key.with(31, (key[31] as number) | 0x80);
    const other = { ...received, identityKey: highBit(received.identityKey), ephemeralKey: highBit(received.ephemeralKey) };
    expect(suite.pqxdh.respond(bob, other, context)).toEqual(initiated);
    const otherBundle = { ...bundle, identityKey: highBit(bundle.identityKey), signedPrekey: highBit(bundle.signedPrekey) };
    expect(suite.pqxdh.initiate(alice, otherBundle, context, seededRandom(2))).toEqual(initiated);
  });

  test("keys of small order or malformed keys of the other side are refused", () => {
    const zero = new Uint8Array(32);
    const refused = [
      suite.pqxdh.initiate(alice, { ...bundle, identityKey: zero }, context, seededRandom(4)),
      suite.pqxdh.initiate(alice, { ...bundle, signedPrekey: zero }, context, seededRandom(4)),
      suite.pqxdh.initiate(alice, { ...bundle, identityKey: zero.subarray(1) }, context, seededRandom(4)),
      suite.pqxdh.initiate(alice, { ...bundle, kemPrekey: bundle.kemPrekey.subarray(1) }, context, seededRandom(4)),
      suite.pqxdh.initiate(alice, { ...bundle, kemPrekey: new Uint8Array(1184).fill(0xff) }, context, seededRandom(4)),
      suite.pqxdh.respond(bob, { ...received, identityKey: zero }, context),
      suite.pqxdh.respond(bob, { ...received, ephemeralKey: zero }, context),
      suite.pqxdh.respond(bob, { ...received, ephemeralKey: zero.subarray(1) }, context),
      suite.pqxdh.respond(bob, { ...received, ciphertext: received.ciphertext.subarray(1) }, context),
    ];
    expect(refused.every((result) => result === undefined)).toBe(true);
  });

  test("a context out of range is the caller's mistake", () => {
    const changes: Partial<PqxdhContext>[] = [
      { generation: -1 },
      { kind: 256 },
      { initSeq: 2 ** 53 },
      { sawSeq: 0.5 },
      { initiatorId: utf8("short") },
    ];
    for (const change of changes) expect(() => suite.pqxdh.respond(bob, received, { ...context, ...change })).toThrow(CryptoError);
  });

  test("own secrets are left to their owner", () => {
    suite.pqxdh.respond(bob, received, context);
    expect(bob.identity.privateKey.some((byte) => byte !== 0)).toBe(true);
    expect(bob.signedPrekey.privateKey.some((byte) => byte !== 0)).toBe(true);
  });
});
