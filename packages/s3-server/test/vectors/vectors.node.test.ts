import { describe, expect, test } from "vitest";
import { receiveBody } from "../../src/body.ts";
import { planBody } from "../../src/core/body-plan.ts";
import { decodeDescription, descriptionLength, encodeDescription, tailBytes } from "../../src/core/description.ts";
import { fileNameOf, keyOfFileName } from "../../src/core/object-name.ts";
import { parseTarget } from "../../src/core/target.ts";
import { identify } from "../../src/identity.ts";
import { KeyRing } from "../../src/key-ring.ts";
import files from "../../vectors/files.json" with { type: "json" };
import signatures from "../../vectors/signatures.json" with { type: "json" };
import { temporaryDir } from "../support/started.ts";

const now = Date.parse(signatures.now);
const ring = async (): Promise<KeyRing> => {
  const keys = [{ ...signatures.key, bucket: "*", rights: [] }];
  return new KeyRing(await temporaryDir(), { keys, anonymous: [] }, { now: () => now, sleep: () => Promise.resolve() });
};

describe("published signatures", () => {
  test.each(signatures.requests)("$name", async ({ method, url, headers }) => {
    const request = { method, headers, target: parseTarget(url, "examplebucket") };
    const identity = await identify(request, await ring(), now);
    expect(identity.accessKeyId).toBe(signatures.key.accessKeyId);
    const other = { ...request, target: parseTarget(url.replace("?", "x?"), "examplebucket"), method: method === "GET" ? "PUT" : "GET" };
    await expect(identify(other, await ring(), now)).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
  });

  test("PUT object in signed chunks", async () => {
    const { method, url, headers, chunks } = signatures.chunked;
    const identity = await identify({ method, headers, target: parseTarget(url) }, await ring(), now);
    const framed = (broken: number): Buffer =>
      Buffer.concat(
        chunks.map(({ size, byte, signature }, n) => {
          const content = Buffer.alloc(size, n === broken ? "b" : byte);
          return Buffer.concat([Buffer.from(`${size.toString(16)};chunk-signature=${signature}\r\n`), content, Buffer.from("\r\n")]);
        }),
      );
    const plan = planBody(headers, identity.payload, 1e6);
    const receive = async (body: Buffer): Promise<number> => {
      let size = 0;
      const source = (async function* () {
        for (let at = 0; at < body.length; at += 10_000) yield body.subarray(at, at + 10_000);
      })();
      await receiveBody(source, plan, identity.chunks, (bytes) => {
        size += bytes.length;
        return Promise.resolve();
      });
      return size;
    };
    expect(framed(-1).length).toBe(66_824);
    expect(await receive(framed(-1))).toBe(66_560);
    for (const broken of [0, 1]) await expect(receive(framed(broken))).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
  });
});

describe("files on the disk", () => {
  test.each(files.names)("the name of $key", ({ key, file }) => {
    expect(fileNameOf(key)).toBe(file);
    if (file.startsWith("k-")) expect(keyOfFileName(file)).toBe(key);
  });

  test.each(files.endings)("the ending of $description.key", ({ description, hex }) => {
    const ending = Buffer.from(hex, "hex");
    const length = descriptionLength(ending.subarray(-tailBytes)) ?? 0;
    expect(decodeDescription(ending.subarray(0, length), description.size + ending.length)).toEqual(description);
    expect(
      Buffer.from(encodeDescription(decodeDescription(ending.subarray(0, length), description.size + ending.length) as never)).toString(
        "hex",
      ),
    ).toBe(hex);
  });
});
