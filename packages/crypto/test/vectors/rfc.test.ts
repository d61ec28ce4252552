import { describe, expect, test } from "vitest";
import { concat, u8 } from "../../src/bytes.ts";
import { hkdf, hkdfExtract } from "../../src/hkdf.ts";
import { createX25519 } from "../../src/x25519.ts";
import { hex, unhex } from "../../vectors/hex.ts";
import rfc4231 from "../../vectors/public/rfc4231.json" with { type: "json" };
import rfc5869 from "../../vectors/public/rfc5869.json" with { type: "json" };
import rfc7748 from "../../vectors/public/rfc7748.json" with { type: "json" };
import rfc8032 from "../../vectors/public/rfc8032.json" with { type: "json" };
import rfc8439 from "../../vectors/public/rfc8439.json" with { type: "json" };
import { eachProvider } from "../providers.ts";

describe.each(eachProvider)("public vectors, provider %s", { timeout: 60_000 }, (_name, provider) => {
  const x25519 = createX25519(provider);

  test("RFC 7748 scalar multiplication", () => {
    for (const { scalar, u, result } of rfc7748.vectors) {
      expect(hex(x25519.agree(unhex(scalar), unhex(u)) as Uint8Array)).toBe(result);
    }
  });

  test("RFC 7748 iterated", () => {
    let k: Uint8Array = concat(u8(9), new Uint8Array(31));
    let u: Uint8Array = k;
    for (let round = 1; round <= 1000; round++) {
      const result = new Uint8Array(x25519.agree(k, u) as Uint8Array);
      u = k;
      k = result;
      if (round === 1) expect(hex(k)).toBe(rfc7748.iterated["1"]);
    }
    expect(hex(k)).toBe(rfc7748.iterated["1000"]);
  });

  test("RFC 7748 Diffie-Hellman", () => {
    const { alicePrivate, alicePublic, bobPrivate, bobPublic, shared } = rfc7748.diffieHellman;
    expect(hex(x25519.publicKey(unhex(alicePrivate)))).toBe(alicePublic);
    expect(hex(x25519.publicKey(unhex(bobPrivate)))).toBe(bobPublic);
    expect(hex(x25519.agree(unhex(alicePrivate), unhex(bobPublic)) as Uint8Array)).toBe(shared);
    expect(hex(x25519.agree(unhex(bobPrivate), unhex(alicePublic)) as Uint8Array)).toBe(shared);
  });

  test.each(rfc8032.vectors)("RFC 8032 $name", ({ seed, publicKey, message, signature }) => {
    expect(hex(provider.ed25519.publicKey(unhex(seed)))).toBe(publicKey);
    expect(hex(provider.ed25519.sign(unhex(seed), unhex(message)))).toBe(signature);
    expect(provider.ed25519.verify(unhex(publicKey), unhex(message), unhex(signature))).toBe(true);
    expect(provider.ed25519.verify(unhex(publicKey), concat(unhex(message), u8(0)), unhex(signature))).toBe(false);
  });

  test("RFC 5869 HKDF-SHA256", () => {
    for (const { ikm, salt, info, length, prk, okm } of rfc5869.vectors) {
      expect(hex(hkdfExtract(provider, unhex(salt), unhex(ikm)))).toBe(prk);
      expect(hex(hkdf(provider, unhex(salt), unhex(ikm), unhex(info), length))).toBe(okm);
    }
  });

  test("RFC 4231 HMAC-SHA256", () => {
    for (const { key, data, mac } of rfc4231.vectors) {
      expect(hex(provider.hmacSha256(unhex(key), unhex(data))).slice(0, mac.length)).toBe(mac);
    }
  });

  test("RFC 8439 ChaCha20-Poly1305", () => {
    for (const { key, nonce, associatedData, plaintext, ciphertext, tag } of rfc8439.vectors) {
      const sealed = provider.chacha20Poly1305.seal(unhex(key), unhex(nonce), unhex(associatedData), unhex(plaintext));
      expect(hex(sealed)).toBe(ciphertext + tag);
      expect(hex(provider.chacha20Poly1305.open(unhex(key), unhex(nonce), unhex(associatedData), sealed) as Uint8Array)).toBe(plaintext);
    }
  });

  test("FIPS 180-4 and FIPS 202 digests of abc", () => {
    const abc = unhex("616263");
    expect(hex(provider.sha256(abc))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(hex(provider.sha512(abc))).toBe(
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    );
    expect(hex(provider.sha3_256(abc))).toBe("3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
    expect(hex(provider.shake256(abc, 32))).toBe("483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739");
  });
});
