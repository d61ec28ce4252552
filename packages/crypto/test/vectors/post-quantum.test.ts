import { describe, expect, test } from "vitest";
import { createMlKem768 } from "../../src/ml-kem.ts";
import type { Secret } from "../../src/secret.ts";
import { createXWing } from "../../src/x-wing.ts";
import { createX25519 } from "../../src/x25519.ts";
import { hex, unhex } from "../../vectors/hex.ts";
import acvp from "../../vectors/public/acvp-ml-kem-768.json" with { type: "json" };
import xWingVectors from "../../vectors/public/x-wing.json" with { type: "json" };
import { scriptedRandom } from "../../vectors/scripted-random.ts";
import { eachProvider } from "../providers.ts";

describe.each(eachProvider)("public post-quantum vectors, provider %s", { timeout: 60_000 }, (_name, provider) => {
  const mlKem768 = createMlKem768(provider);
  const xWing = createXWing(provider, createX25519(provider), mlKem768);

  test("NIST ACVP ML-KEM-768 keyGen", () => {
    for (const { d, z, ek } of acvp.keyGen) expect(hex(mlKem768.publicKey(unhex(d + z)))).toBe(ek);
  });

  test("NIST ACVP ML-KEM-768 encapsulation", () => {
    for (const { ek, m, c, k } of acvp.encapsulation) {
      const made = mlKem768.encapsulate(unhex(ek), scriptedRandom(unhex(m)));
      expect(made && [hex(made.ciphertext), hex(made.sharedSecret)]).toEqual([c, k]);
    }
  });

  test("X-Wing draft: key generation, encapsulation, decapsulation", () => {
    for (const { seed, encapsulationSeed, publicKey, enc, sharedSecret } of xWingVectors.vectors) {
      expect(hex(xWing.publicKey(unhex(seed)))).toBe(publicKey);
      const random = scriptedRandom(unhex(encapsulationSeed));
      const made = xWing.encapsulate(unhex(publicKey), random);
      expect(made && [hex(made.enc), hex(made.sharedSecret), random.left]).toEqual([enc, sharedSecret, 0]);
      expect(hex(xWing.decapsulate(unhex(seed), unhex(enc)) as Secret)).toBe(sharedSecret);
    }
  });
});
