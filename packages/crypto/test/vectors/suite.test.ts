import { describe, expect, test } from "vitest";
import type { HpkeReceiver, KeyPair, PqxdhResult } from "../../src/cipher-suite.ts";
import { aesSealLabels, type BulkSealLabel, type SealLabel, type SignLabel } from "../../src/labels.ts";
import { secret } from "../../src/secret.ts";
import { hex, unhex } from "../../vectors/hex.ts";
import { makeSuiteVectors } from "../../vectors/make-suite-vectors.ts";
import vectors from "../../vectors/suite.json" with { type: "json" };
import { eachSuite } from "../providers.ts";

describe.each(eachSuite)("vectors of suite 1, provider %s", { timeout: 60_000 }, (_name, suite) => {
  test("every provider makes the committed vectors", () => {
    expect(makeSuiteVectors(suite)).toEqual(vectors);
  });

  test("OPEN inverts the SEAL vectors", () => {
    for (const { label, key, associatedData, plaintext, sealed } of vectors.seal) {
      const opened = suite.open(label as SealLabel, unhex(key), unhex(associatedData), unhex(sealed));
      expect(opened && hex(opened)).toBe(plaintext);
    }
  });

  test("bulk SEAL makes and opens the SEAL vectors of file labels", async () => {
    const ofFiles = vectors.seal.filter(({ label }) => (aesSealLabels as readonly string[]).includes(label));
    expect(ofFiles.map(({ label }) => label)).toEqual(aesSealLabels);
    for (const { label, key, associatedData, plaintext, salt, sealed } of ofFiles) {
      const made = await suite.bulk.seal(label as BulkSealLabel, unhex(key), unhex(associatedData), unhex(plaintext), unhex(salt));
      expect(hex(made)).toBe(sealed);
      const opened = await suite.bulk.open(label as BulkSealLabel, unhex(key), unhex(associatedData), unhex(sealed));
      expect(opened && hex(opened)).toBe(plaintext);
    }
  });

  test("SIGN vectors verify", () => {
    for (const { label, publicKey, input, signature } of vectors.sign) {
      expect(suite.ed25519.verify(unhex(publicKey), label as SignLabel, unhex(input), unhex(signature))).toBe(true);
    }
  });

  test("the HPKE receiver opens the vector", () => {
    for (const vector of vectors.hpke) {
      const receiver = suite.hpke.setupReceiver(unhex(vector.seed), unhex(vector.enc), unhex(vector.info)) as HpkeReceiver;
      expect(hex(receiver.export(unhex(vector.exportContext), 32))).toBe(vector.exported);
      const opened = receiver.open(unhex(vector.associatedData), unhex(vector.ciphertext));
      expect(opened && hex(opened)).toBe(vector.plaintext);
    }
  });

  test("the PQXDH responder arrives at the vector", () => {
    const curvePair = (privateKey: string): KeyPair => ({
      privateKey: secret(unhex(privateKey)),
      publicKey: suite.x25519.publicKey(unhex(privateKey)),
    });
    for (const vector of vectors.pqxdh) {
      const kemPrekey = { privateKey: secret(unhex(vector.kemPrekey)), publicKey: suite.mlKem768.publicKey(unhex(vector.kemPrekey)) };
      const result = suite.pqxdh.respond(
        { identity: curvePair(vector.responderIdentity), signedPrekey: curvePair(vector.signedPrekey), kemPrekey },
        {
          identityKey: suite.x25519.publicKey(unhex(vector.initiatorIdentity)),
          ephemeralKey: unhex(vector.ephemeralKey),
          ciphertext: unhex(vector.ciphertext),
        },
        { ...vector, initiatorId: unhex(vector.initiatorId), responderId: unhex(vector.responderId) },
      ) as PqxdhResult;
      expect(hex(result.sharedKey)).toBe(vector.sharedKey);
      expect(hex(result.sessionId)).toBe(vector.sessionId);
      expect(hex(result.associatedData)).toBe(vector.associatedData);
    }
  });
});
