import { describe, expect, test } from "vitest";
import { concat, utf8 } from "../../src/bytes.ts";
import { createCipherSuite } from "../../src/create-cipher-suite.ts";
import { CryptoError } from "../../src/crypto-error.ts";
import { aesSealLabels, chachaSealLabels, type SealLabel } from "../../src/labels.ts";
import type { CryptoProvider } from "../../src/provider.ts";
import { open, sealOverhead } from "../../src/seal.ts";
import { seededRandom } from "../../src/testing.ts";
import { scriptedRandom } from "../../vectors/scripted-random.ts";
import { eachProvider, eachSuite } from "../providers.ts";

const key = new Uint8Array(32).fill(7);
const text = utf8("a text");
const ad = utf8("context");
const labels: readonly SealLabel[] = [...chachaSealLabels, ...aesSealLabels];

describe.each(eachSuite)("SEAL, provider %s", { timeout: 60_000 }, (_name, suite) => {
  test("opens what was sealed, for every label, and adds 72 bytes", () => {
    for (const label of labels) {
      const sealed = suite.seal(label, key, ad, text, seededRandom(1));
      expect(sealed.length).toBe(text.length + sealOverhead);
      expect(suite.open(label, key, ad, sealed)).toEqual(text);
    }
    expect(sealOverhead).toBe(72);
  });

  test("M7 replaced key, label, context or any byte does not open", () => {
    const sealed = suite.seal("dr/msg", key, ad, text, seededRandom(2));
    for (let i = 0; i < 32; i++) expect(suite.open("dr/msg", key.with(i, 8), ad, sealed)).toBeUndefined();
    for (const label of labels) expect(suite.open(label, key, ad, sealed) !== undefined).toBe(label === "dr/msg");
    expect(suite.open("dr/msg", key, utf8("contexT"), sealed)).toBeUndefined();
    for (let i = 0; i < sealed.length; i++)
      expect(suite.open("dr/msg", key, ad, sealed.with(i, (sealed[i] as number) ^ 1))).toBeUndefined();
  });

  test("truncated and extended objects do not open", () => {
    const sealed = suite.seal("so", key, ad, text, seededRandom(3));
    for (let length = 0; length < sealed.length; length++) expect(suite.open("so", key, ad, sealed.subarray(0, length))).toBeUndefined();
    expect(suite.open("so", key, ad, concat(sealed, Uint8Array.of(0)))).toBeUndefined();
  });

  test("M13 the same key and text never give the same keystream twice: 24 fresh bytes of salt", () => {
    const salt = new Uint8Array(24).fill(9);
    const random = scriptedRandom(salt);
    const sealed = suite.seal("dr/msg", key, ad, text, random);
    expect(random.left).toBe(0);
    expect(sealed.subarray(0, 24)).toEqual(salt);
    const other = suite.seal("dr/msg", key, ad, text, scriptedRandom(salt.with(23, 10)));
    expect(other.subarray(56)).not.toEqual(sealed.subarray(56));
  });

  test("a key of another length is the caller's mistake", () => {
    expect(() => suite.seal("so", key.subarray(1), ad, text, seededRandom(4))).toThrow(CryptoError);
    expect(() => suite.open("so", key.subarray(1), ad, new Uint8Array(100))).toThrow(CryptoError);
  });
});

describe.each(eachProvider)("the cipher under SEAL, provider %s", { timeout: 60_000 }, (_name, provider) => {
  test("the commitment is compared before the cipher sees a byte", () => {
    let opened = 0;
    const spy: CryptoProvider = {
      ...provider,
      chacha20Poly1305: {
        ...provider.chacha20Poly1305,
        open: () => {
          opened++;
          return new Uint8Array();
        },
      },
    };
    expect(open(spy, "so", utf8("cweb/v1/seal/so\0"), key, ad, new Uint8Array(200))).toBeUndefined();
    expect(opened).toBe(0);
  });

  test("one cipher a label: AES-256-GCM for files, ChaCha20-Poly1305 for all others", () => {
    const used: string[] = [];
    const spy = (name: string): CryptoProvider["aes256Gcm"] => ({
      seal: (_key, _nonce, _ad, plaintext) => {
        used.push(name);
        return plaintext;
      },
      open: () => undefined,
    });
    const spied = createCipherSuite({ ...provider, aes256Gcm: spy("aes"), chacha20Poly1305: spy("chacha") });
    for (const label of labels) spied.seal(label, key, ad, text, seededRandom(5));
    expect(used).toEqual(labels.map((label) => (label.startsWith("file/") ? "aes" : "chacha")));
  });
});
