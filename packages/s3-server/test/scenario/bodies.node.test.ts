import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type ChunkedUpload, putChunked } from "../support/chunked.ts";
import { owner, type Started, start, verdict } from "../support/started.ts";

const chunks = [Buffer.from("one and "), Buffer.alloc(70_000, 2), Buffer.from("three")];
const whole = Buffer.concat(chunks);
const crc = (content: Buffer): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(content));
  return bytes.toString("base64");
};
const checksum = { "x-amz-checksum-crc32": crc(whole) };
const framings = [
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", {}],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", checksum],
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", checksum],
] as const;

async function send(started: Started, upload: Partial<ChunkedUpload> & { payload: string }): Promise<string> {
  const answer = await putChunked({ url: `${started.server.url}/alice/a`, key: owner, chunks, ...upload });
  return `${answer.status} ${/<Code>(\w+)/.exec(answer.text)?.[1] ?? ""}`.trim();
}

describe("framed bodies", () => {
  test.each(framings)("%s is stored without its framing", async (payload, trailers) => {
    const started = await start();
    expect(await send(started, { payload, trailers })).toBe("200");
    const found = await started.signed("/alice/a");
    expect(Buffer.from(await found.arrayBuffer()).equals(whole)).toBe(true);
    expect(found.headers.get("content-encoding")).toBeNull();
  });

  test("a changed byte breaks the chunk's signature", async () => {
    const started = await start();
    const flip = (body: Buffer): Buffer => {
      const copy = Buffer.from(body);
      copy[body.indexOf("one and ")] = 0x4f;
      return copy;
    };
    for (const [payload, trailers] of framings.slice(0, 2)) {
      expect(await send(started, { payload, trailers, tamper: flip })).toBe("403 SignatureDoesNotMatch");
    }
    expect(await send(started, { payload: framings[2][0], trailers: checksum, tamper: flip })).toBe("400 BadDigest");
    expect(await verdict(started.signed("/alice/a"))).toBe("404 NoSuchKey");
  });

  test("chunks can be neither left out nor exchanged", async () => {
    const started = await start();
    const payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    const [one = "", two = "", rest = ""] = ["aaaa", "bbbb", ""].map((text) => text);
    const swap = (body: Buffer): Buffer => {
      const lines = body.toString("latin1").split("\r\n");
      [lines[0], lines[1], lines[2], lines[3]] = [lines[2] ?? "", lines[3] ?? "", lines[0] ?? "", lines[1] ?? ""];
      return Buffer.from(lines.join("\r\n"), "latin1");
    };
    const pair = [Buffer.from(one), Buffer.from(two)];
    expect(await send(started, { payload, chunks: pair, tamper: swap })).toBe("403 SignatureDoesNotMatch");
    const drop = (body: Buffer): Buffer => Buffer.from(body.toString("latin1").split("\r\n").slice(2).join("\r\n") + rest, "latin1");
    expect(await send(started, { payload, chunks: pair, tamper: drop })).toBe("403 SignatureDoesNotMatch");
  });

  test("a trailer must come, be right, and be signed where chunks are", async () => {
    const started = await start();
    const wrong = { "x-amz-checksum-crc32": crc(Buffer.from("another")) };
    expect(await send(started, { payload: framings[2][0], trailers: wrong })).toBe("400 BadDigest");
    const forge = (body: Buffer): Buffer =>
      Buffer.from(body.toString("latin1").replace(`:${wrong["x-amz-checksum-crc32"]}`, `:${checksum["x-amz-checksum-crc32"]}`), "latin1");
    expect(await send(started, { payload: framings[1][0], trailers: wrong, tamper: forge })).toBe("403 SignatureDoesNotMatch");
    const lose = (body: Buffer): Buffer => Buffer.from(body.toString("latin1").replace(/x-amz-checksum[^\r]*\r\n/, ""), "latin1");
    expect(await send(started, { payload: framings[2][0], trailers: checksum, tamper: lose })).toBe("400 BadRequest");
  });

  test("an unsigned chunk does not pass where signed ones were promised", async () => {
    const started = await start();
    const strip = (body: Buffer): Buffer => Buffer.from(body.toString("latin1").replace(/;chunk-signature=[0-9a-f]+/g, ""), "latin1");
    expect(await send(started, { payload: framings[0][0], tamper: strip })).toBe("403 SignatureDoesNotMatch");
  });

  test("a body that ends early is not stored", async () => {
    const started = await start();
    const cut = (body: Buffer): Buffer => body.subarray(0, 30_000);
    expect(await send(started, { payload: framings[0][0], tamper: cut })).toBe("400 IncompleteBody");
    expect(await verdict(started.signed("/alice/a"))).toBe("404 NoSuchKey");
  });
});

describe("plain bodies", () => {
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

  test("must be what was signed", async () => {
    const { signed, server } = await start();
    const { signerOf } = await import("../support/started.ts");
    const good = await signerOf(owner).sign(`${server.url}/alice/a`, {
      method: "PUT",
      headers: { "x-amz-content-sha256": sha256("good") },
    });
    const put = (body: string): Promise<string> => verdict(fetch(good.url, { method: "PUT", headers: good.headers, body }));
    expect(await put("evil")).toBe("400 XAmzContentSHA256Mismatch");
    expect(await verdict(signed("/alice/a"))).toBe("404 NoSuchKey");
    expect(await put("good")).toBe("200");
  });

  test("must fit the checksums that came along", async () => {
    const { signed } = await start();
    const put = (headers: Record<string, string>): Promise<string> => verdict(signed("/alice/a", { method: "PUT", body: "x", headers }));
    expect(await put({ "content-md5": createHash("md5").update("y").digest("base64") })).toBe("400 BadDigest");
    expect(await put({ "content-md5": "short" })).toBe("400 InvalidDigest");
    expect(await put({ "x-amz-checksum-crc32": crc(Buffer.from("y")) })).toBe("400 BadDigest");
    expect(await put({ "x-amz-checksum-sha256": "AAAA" })).toBe("400 InvalidDigest");
    expect(await put({ "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=" })).toBe("501 NotImplemented");
    expect(await put({ "x-amz-content-sha256": "nonsense" })).toBe("400 BadRequest");
    expect(await put({ "x-amz-server-side-encryption": "AES256" })).toBe("501 NotImplemented");
    expect(await put({ "x-amz-meta-m": "x".repeat(3000) })).toBe("400 MetadataTooLarge");
    expect(await put({ "x-amz-checksum-crc32": crc(Buffer.from("x")) })).toBe("200");
  });

  test("may not be larger than the server allows", async () => {
    const { signed } = await start({ maxObjectBytes: 10 });
    expect(await verdict(signed("/alice/a", { method: "PUT", body: "0123456789" }))).toBe("200");
    expect(await verdict(signed("/alice/a", { method: "PUT", body: "01234567890" }))).toBe("400 EntityTooLarge");
  });
});
