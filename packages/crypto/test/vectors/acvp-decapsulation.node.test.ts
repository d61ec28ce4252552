import { createPrivateKey, decapsulate } from "node:crypto";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import sodium from "libsodium-wrappers";
import { describe, expect, test } from "vitest";
import { hex, unhex } from "../../vectors/hex.ts";
import acvp from "../../vectors/public/acvp-ml-kem-768.json" with { type: "json" };

await sodium.ready;
const { dk, tests } = acvp.decapsulation;

// RFC 9935, the `expandedKey` choice.
const expandedPrefix = unhex("30820978020100300b06096086480165030404020482096404820960");

const backends: Record<string, (ciphertext: Uint8Array) => Uint8Array> = {
  noble: (ciphertext) => ml_kem768.decapsulate(ciphertext, unhex(dk)),
  libsodium: (ciphertext) => sodium.crypto_kem_mlkem768_dec(ciphertext, unhex(dk)),
};
if (typeof decapsulate === "function") {
  const key = Buffer.concat([expandedPrefix, unhex(dk)]);
  backends.node = (ciphertext) => decapsulate(createPrivateKey({ key, format: "der", type: "pkcs8" }), ciphertext);
}

// Our interface takes seeds only, these vectors have expanded private keys: so they go to what lies beneath each provider.
describe.each(Object.entries(backends))("beneath the provider %s", (_name, run) => {
  test.each(tests)("NIST ACVP ML-KEM-768 decapsulation $id, $reason", ({ c, k }) => {
    expect(hex(run(unhex(c)))).toBe(k);
  });
});
