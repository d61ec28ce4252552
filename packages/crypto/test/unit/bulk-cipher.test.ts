import { describe, expect, test } from "vitest";
import { createBulkCipher } from "../../src/bulk-cipher.ts";
import { concat, utf8 } from "../../src/bytes.ts";
import { createCipherSuite } from "../../src/create-cipher-suite.ts";
import { CryptoError } from "../../src/crypto-error.ts";
import { createLabelPrefixes } from "../../src/label-prefixes.ts";
import { aesSealLabels } from "../../src/labels.ts";
import { webCryptoBulk } from "../../src/provider/web-crypto.ts";
import { scriptedRandom } from "../../vectors/scripted-random.ts";
import { providers } from "../providers.ts";

const key = new Uint8Array(32).fill(7);
const salt = new Uint8Array(24).fill(9);
const text = utf8("a chunk");
const ad = utf8("context");

/** Each provider as it is, without bulk primitives of its own (a page without WebCrypto), and with WebCrypto's. */
const forms = providers.flatMap((provider) => [
  [provider.name, provider] as const,
  [`${provider.name} without threads`, { ...provider, bulk: undefined }] as const,
  [`${provider.name} with WebCrypto`, { ...provider, bulk: webCryptoBulk() }] as const,
]);

function thrown(code: string): object {
  return expect.objectContaining({ name: "CryptoError", code });
}

test("the browsers and the Node of these tests have WebCrypto", () => {
  expect(webCryptoBulk()).toBeDefined();
});

describe.each(forms)("bulk SEAL, %s", { timeout: 60_000 }, (_name, provider) => {
  const suite = createCipherSuite(provider);
  const { bulk } = suite;

  test("the bytes of SEAL with the same salt, for every label and also for no plaintext", async () => {
    for (const label of aesSealLabels) {
      for (const plaintext of [text, new Uint8Array(), new Uint8Array(70_000).fill(3)]) {
        const sealed = await bulk.seal(label, key, ad, plaintext, salt);
        expect(sealed).toEqual(suite.seal(label, key, ad, plaintext, scriptedRandom(salt)));
        expect(await bulk.open(label, key, ad, sealed)).toEqual(plaintext);
        expect(suite.open(label, key, ad, sealed)).toEqual(plaintext);
      }
    }
  });

  test("takes views of larger buffers, and answers bytes of its own", async () => {
    const large = new Uint8Array(300).fill(5);
    const sealed = await bulk.seal("file/chunk", large.subarray(10, 42), large.subarray(50, 60), large.subarray(100, 200), salt);
    const within = concat(large, sealed, large);
    const opened = await bulk.open("file/chunk", large.subarray(0, 32), large.subarray(0, 10), within.subarray(300, 300 + sealed.length));
    within.fill(0);
    expect(opened).toEqual(large.subarray(0, 100));
  });

  test("M7 M8 replaced key, label, context, or any byte in bulk does not open", async () => {
    const sealed = await bulk.seal("file/chunk", key, ad, text, salt);
    for (let i = 0; i < 32; i++) expect(await bulk.open("file/chunk", key.with(i, 8), ad, sealed)).toBeUndefined();
    for (const label of aesSealLabels) expect((await bulk.open(label, key, ad, sealed)) !== undefined).toBe(label === "file/chunk");
    expect(await bulk.open("file/chunk", key, utf8("contexT"), sealed)).toBeUndefined();
    for (let i = 0; i < sealed.length; i++)
      expect(await bulk.open("file/chunk", key, ad, sealed.with(i, (sealed[i] as number) ^ 1))).toBeUndefined();
  });

  test("what is truncated or extended does not open in bulk", async () => {
    const sealed = await bulk.seal("file/page", key, ad, text, salt);
    for (let length = 0; length < sealed.length; length++)
      expect(await bulk.open("file/page", key, ad, sealed.subarray(0, length))).toBeUndefined();
    expect(await bulk.open("file/page", key, ad, concat(sealed, Uint8Array.of(0)))).toBeUndefined();
  });

  test("a salt of other than 24 bytes, a key of other than 32, and a label of the other cipher are the caller's mistakes", async () => {
    for (const length of [0, 12, 23, 25, 32])
      await expect(bulk.seal("file/chunk", key, ad, text, new Uint8Array(length))).rejects.toEqual(thrown("bad-length"));
    await expect(bulk.seal("file/chunk", key.subarray(1), ad, text, salt)).rejects.toEqual(thrown("bad-key-length"));
    await expect(bulk.open("file/chunk", key.subarray(1), ad, new Uint8Array(100))).rejects.toEqual(thrown("bad-key-length"));
    for (const label of ["so", "dr/msg", "file/none"] as unknown as ["file/chunk"]) {
      await expect(bulk.seal(label, key, ad, text, salt)).rejects.toBeInstanceOf(CryptoError);
      await expect(bulk.open(label, key, ad, new Uint8Array(100))).rejects.toEqual(thrown("unknown-label"));
    }
  });

  test("sha256 is the suite's", async () => {
    for (const content of [new Uint8Array(), text, new Uint8Array(70_000).fill(3)])
      expect(await bulk.sha256(content)).toEqual(suite.sha256(content));
  });

  test("an aborted signal rejects with its reason", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(bulk.seal("file/chunk", key, ad, text, salt, { signal })).rejects.toThrow("enough");
    await expect(bulk.open("file/chunk", key, ad, new Uint8Array(100), { signal })).rejects.toThrow("enough");
    await expect(bulk.sha256(text, { signal })).rejects.toThrow("enough");
    const late = new AbortController();
    const sealing = bulk.seal("file/chunk", key, ad, text, salt, { signal: late.signal });
    late.abort(new Error("too late"));
    await expect(sealing).rejects.toThrow("too late");
  });

  test("in bulk too the commitment is compared before the cipher sees a byte, and the key of the cipher is erased", async () => {
    const keys: Uint8Array[] = [];
    const spied = createBulkCipher(
      {
        ...provider,
        bulk: {
          sha256: async (content) => content,
          sealAes256Gcm: async (given, _nonce, plaintext) => {
            keys.push(given);
            expect(given.some((byte) => byte !== 0)).toBe(true);
            return plaintext;
          },
          openAes256Gcm: async (given) => {
            keys.push(given);
            throw new Error("the cipher failed");
          },
        },
      },
      createLabelPrefixes(),
    );
    expect(await spied.open("file/chunk", key, ad, new Uint8Array(200))).toBeUndefined();
    expect(keys).toHaveLength(0);
    const sealed = await bulk.seal("file/chunk", key, ad, text, salt);
    await expect(spied.open("file/chunk", key, ad, sealed)).rejects.toThrow("the cipher failed");
    await spied.seal("file/chunk", key, ad, text, salt);
    expect(keys).toHaveLength(2);
    for (const used of keys) expect([...used]).toEqual(Array(32).fill(0));
  });
});
