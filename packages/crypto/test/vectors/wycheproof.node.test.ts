import { readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { describe, expect, test } from "vitest";
import { CryptoError } from "../../src/crypto-error.ts";
import { createEd25519 } from "../../src/ed25519.ts";
import { hkdf } from "../../src/hkdf.ts";
import { createMlKem768 } from "../../src/ml-kem.ts";
import type { Aead, CryptoProvider } from "../../src/provider.ts";
import { createX25519 } from "../../src/x25519.ts";
import { hex, unhex } from "../../vectors/hex.ts";
import rfc8439 from "../../vectors/public/rfc8439.json" with { type: "json" };
import { scriptedRandom } from "../../vectors/scripted-random.ts";
import { eachProvider } from "../providers.ts";

interface Case {
  readonly tcId: number;
  readonly result: string;
  readonly flags: readonly string[];
  readonly [field: string]: unknown;
}
interface Group {
  readonly ivSize?: number;
  readonly keySize?: number;
  readonly publicKey?: { readonly pk: string };
  readonly tests: readonly Case[];
}
interface File {
  readonly testGroups: readonly Group[];
  readonly numberOfTests: number;
}
type Run = (one: Case, group: Group) => void;

const folder = env.CWEB_WYCHEPROOF;
if (folder === undefined) process.stdout.write("CWEB_WYCHEPROOF names no folder: the Wycheproof files are not run.\n");

/** Runs every case and answers how many there were. */
function each({ testGroups }: File, run: Run): number {
  for (const group of testGroups) {
    for (const one of group.tests) run(one, group);
  }
  return testGroups.reduce((sum, { tests }) => sum + tests.length, 0);
}

const field = (one: Case, name: string): Uint8Array => unhex(one[name] as string);

function aead(cipher: Aead): Run {
  return (one, { ivSize, keySize }) => {
    const sealed = unhex(`${one.ct}${one.tag}`);
    const [key, nonce, associatedData] = [field(one, "key"), field(one, "iv"), field(one, "aad")];
    if (ivSize !== 96 || keySize !== 256) {
      // Our suite has one key length and one nonce length: the rest of the file shows that others are refused.
      expect(() => cipher.open(key, nonce, associatedData, sealed), `${one.tcId}`).toThrow(CryptoError);
      return;
    }
    const opened = cipher.open(key, nonce, associatedData, sealed);
    expect(opened === undefined ? "refused" : hex(opened), `${one.tcId}`).toBe(one.result === "valid" ? one.msg : "refused");
    if (one.result === "valid") expect(hex(cipher.seal(key, nonce, associatedData, field(one, "msg")))).toBe(hex(sealed));
  };
}

function ed25519(provider: CryptoProvider): Run {
  const suite = createEd25519(provider, { of: () => new Uint8Array() });
  return (one, { publicKey }) => {
    const verdict = suite.verify(unhex(publicKey?.pk as string), "desc", field(one, "msg"), field(one, "sig"));
    expect(verdict, `${one.tcId}`).toBe(one.result === "valid");
  };
}

function x25519(provider: CryptoProvider): Run {
  const suite = createX25519(provider);
  return (one) => {
    const shared = suite.agree(field(one, "private"), field(one, "public"));
    // "acceptable" are keys of small order, which we refuse, and other encodings or the twist, which we take.
    const expected = one.flags.includes("ZeroSharedSecret") ? "refused" : one.shared;
    expect(shared === undefined ? "refused" : hex(shared), `${one.tcId}`).toBe(expected);
  };
}

function mlKem(provider: CryptoProvider): Record<string, Run> {
  const suite = createMlKem768(provider);
  return {
    "mlkem_768_keygen_seed_test.json": (one) => expect(hex(suite.publicKey(field(one, "seed"))), `${one.tcId}`).toBe(one.ek),
    "mlkem_768_encaps_test.json": (one) => {
      const made = suite.encapsulate(field(one, "ek"), scriptedRandom(field(one, "m")));
      const expected = one.result === "valid" ? [one.c, one.K] : "refused";
      expect(made === undefined ? "refused" : [hex(made.ciphertext), hex(made.sharedSecret)], `${one.tcId}`).toEqual(expected);
    },
    "mlkem_768_test.json": (one) => {
      if (field(one, "seed").length !== 64) {
        expect(() => suite.decapsulate(field(one, "seed"), field(one, "c")), `${one.tcId}`).toThrow(CryptoError);
        return;
      }
      const shared = suite.decapsulate(field(one, "seed"), field(one, "c"));
      expect(shared === undefined ? "refused" : hex(shared), `${one.tcId}`).toBe(one.result === "valid" ? one.K : "refused");
    },
  };
}

describe.each(eachProvider)("Wycheproof, provider %s", { timeout: 60_000 }, (_name, provider) => {
  const files: Record<string, Run> = {
    "aes_gcm_test.json": aead(provider.aes256Gcm),
    "chacha20_poly1305_test.json": aead(provider.chacha20Poly1305),
    "ed25519_test.json": ed25519(provider),
    "x25519_test.json": x25519(provider),
    "hmac_sha256_test.json": (one) => {
      const mac = hex(provider.hmacSha256(field(one, "key"), field(one, "msg")));
      expect(mac.startsWith(one.tag as string), `${one.tcId}`).toBe(one.result === "valid");
    },
    "hkdf_sha256_test.json": (one) => {
      const run = (): string => hex(hkdf(provider, field(one, "salt"), field(one, "ikm"), field(one, "info"), one.size as number));
      if (one.result === "valid") expect(run(), `${one.tcId}`).toBe(one.okm);
      else expect(run, `${one.tcId}`).toThrow(CryptoError);
    },
    ...mlKem(provider),
  };

  test("the way of running: a valid case passes, a false verdict is noticed", () => {
    const { key, nonce, associatedData, plaintext, ciphertext, tag } = rfc8439.vectors[0] as (typeof rfc8439.vectors)[number];
    const one = { tcId: 1, flags: [], key, iv: nonce, aad: associatedData, msg: plaintext, ct: ciphertext, tag };
    const file = (result: string): File => ({ numberOfTests: 1, testGroups: [{ ivSize: 96, keySize: 256, tests: [{ ...one, result }] }] });
    expect(each(file("valid"), aead(provider.chacha20Poly1305))).toBe(1);
    expect(() => each(file("invalid"), aead(provider.chacha20Poly1305))).toThrow("refused");
  });

  for (const [name, run] of folder === undefined ? [] : Object.entries(files)) {
    test(name, () => {
      const file = JSON.parse(readFileSync(join(folder as string, name), "utf8")) as File;
      expect(each(file, run)).toBe(file.numberOfTests);
    });
  }
});
