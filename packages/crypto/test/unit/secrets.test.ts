import { describe, expect, test } from "vitest";
import { CryptoError } from "../../src/crypto-error.ts";
import { erase, Secret, secret } from "../../src/secret.ts";
import { SingleUse } from "../../src/single-use.ts";
import { systemRandom } from "../../src/system-random.ts";
import { seededRandom } from "../../src/testing.ts";
import { eachSuite } from "../providers.ts";

describe("Secret", () => {
  const shown = "[secret, 4 bytes]";
  const key = secret(Uint8Array.of(1, 2, 3, 4));

  test("a secret is redacted in every text form", () => {
    expect(String(key)).toBe(shown);
    expect(JSON.stringify({ key })).toBe(`{"key":"${shown}"}`);
    expect(key.toLocaleString()).toBe(shown);
    expect(key.join()).toBe(shown);
    const inspected = (key as unknown as Record<symbol, () => string>)[Symbol.for("nodejs.util.inspect.custom")];
    expect(inspected?.call(key)).toBe(shown);
  });

  test("slices and views of a secret are secrets", () => {
    expect(key.slice(1)).toBeInstanceOf(Secret);
    expect(String(key.subarray(0, 2))).toBe("[secret, 2 bytes]");
  });

  test("a secret is an owned copy", () => {
    const source = Uint8Array.of(5, 6);
    const copy = secret(source);
    source.fill(0);
    expect(Array.from(copy)).toEqual([5, 6]);
  });

  test("erase overwrites and drops what was derived", () => {
    const own = secret(new Uint8Array(32).fill(1));
    let erased = 0;
    const owner = {};
    const form = { erase: () => erased++ };
    expect(Secret.form(own, owner, () => form)).toBe(form);
    expect(Secret.form(own, owner, () => ({ erase: () => 0 }))).toBe(form);
    erase(own);
    expect(erased).toBe(1);
    expect(own.every((byte) => byte === 0)).toBe(true);
    const second = Secret.form<object>(own, owner, () => ({}));
    expect(second).not.toBe(form);
    own.set([1]);
    expect(Secret.form<object>(own, owner, () => ({}))).not.toBe(second);
  });
});

describe.each(eachSuite)("key forms, provider %s", { timeout: 60_000 }, (_name, suite) => {
  test("an erased private key no longer computes with its old bytes", () => {
    const peer = suite.x25519.generate(seededRandom(1)).publicKey;
    for (const random of [seededRandom(2), systemRandom]) {
      const pair = suite.x25519.generate(random);
      const before = suite.x25519.agree(pair.privateKey, peer);
      const copy = Uint8Array.from(pair.privateKey);
      erase(pair.privateKey);
      expect(suite.x25519.agree(pair.privateKey, peer)).not.toEqual(before);
      expect(suite.x25519.agree(copy, peer)).toEqual(before);
      expect(suite.x25519.publicKey(copy)).toEqual(pair.publicKey);
    }
  });

  test("an erased KEM seed no longer decapsulates", () => {
    for (const random of [seededRandom(3), systemRandom]) {
      const pair = suite.mlKem768.generate(random);
      const made = suite.mlKem768.encapsulate(pair.publicKey, random);
      const ciphertext = made?.ciphertext as Uint8Array;
      expect(suite.mlKem768.decapsulate(pair.privateKey, ciphertext)).toEqual(made?.sharedSecret);
      expect(suite.mlKem768.publicKey(Uint8Array.from(pair.privateKey))).toEqual(pair.publicKey);
      erase(pair.privateKey);
      expect(suite.mlKem768.decapsulate(pair.privateKey, ciphertext)).not.toEqual(made?.sharedSecret);
    }
  });

  test("answers are owned copies", () => {
    const pair = suite.hpke.generate(seededRandom(4));
    const first = suite.hpke.publicKey(pair.privateKey);
    first.fill(0);
    expect(suite.hpke.publicKey(pair.privateKey)).toEqual(pair.publicKey);
    const kem = suite.mlKem768.generate(seededRandom(4));
    suite.mlKem768.publicKey(kem.privateKey).fill(0);
    expect(suite.mlKem768.publicKey(kem.privateKey)).toEqual(kem.publicKey);
  });

  test("own keys of another length are the caller's mistake", () => {
    const short = new Uint8Array(31);
    const key = new Uint8Array(32).fill(9);
    for (const call of [
      () => suite.x25519.publicKey(short),
      () => suite.x25519.agree(short, key),
      () => suite.x25519.canonical(short),
      () => suite.ed25519.publicKey(short),
      () => suite.ed25519.sign(short, "desc", key),
      () => suite.mlKem768.publicKey(key),
      () => suite.mlKem768.decapsulate(key, new Uint8Array(1088)),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "bad-key-length", retryable: false }));
    }
  });
});

describe("SingleUse", () => {
  test("M4 M13 a single-use key is given out once", () => {
    const handle = new SingleUse("the key");
    expect(handle.used).toBe(false);
    expect(handle.take()).toBe("the key");
    expect(handle.used).toBe(true);
    expect(() => handle.take()).toThrow(expect.objectContaining({ code: "key-used" }));
  });

  test("a handle shows nothing of its key", () => {
    expect(JSON.stringify(new SingleUse("the key"))).toBe("{}");
    expect(Object.values(new SingleUse("the key"))).toEqual([]);
  });
});

test("an error keeps its cause and its code", () => {
  const cause = new Error("below");
  const error = new CryptoError("provider-unavailable", "not here", { cause });
  expect([error.name, error.code, error.retryable, error.cause]).toEqual(["CryptoError", "provider-unavailable", false, cause]);
});
