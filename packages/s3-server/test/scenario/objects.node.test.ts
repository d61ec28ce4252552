import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { UploadStore } from "../../src/disk/upload-store.ts";
import { start } from "../support/started.ts";

const Bucket = "alice";
const contentOf = async (client: S3Client, Key: string, more: object = {}): Promise<Buffer> => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
const put = (client: S3Client, Key: string, Body: string | Uint8Array | Readable, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no failure",
    (cause: { name: string; $metadata?: { httpStatusCode?: number } }) => `${cause.$metadata?.httpStatusCode} ${cause.name}`,
  );

describe("objects, through the AWS SDK", () => {
  test("come back as they were put, with their headers and checksums", async () => {
    const client = (await start()).sdk();
    const content = randomBytes(300_000);
    const metadata = { ContentType: "text/x", CacheControl: "no-store", Metadata: { who: "me" } };
    const stored = await put(client, "a", content, metadata);
    const found = await client.send(new GetObjectCommand({ Bucket, Key: "a", ChecksumMode: "ENABLED" }));
    expect(Buffer.from((await found.Body?.transformToByteArray()) ?? []).equals(content)).toBe(true);
    expect(stored.ETag).toBe(`"${createHash("md5").update(content).digest("hex")}"`);
    expect(found).toMatchObject({ ...metadata, ETag: stored.ETag, ContentLength: 300_000, ChecksumCRC32: stored.ChecksumCRC32 });
    expect(stored.ChecksumCRC32).toHaveLength(8);
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: "a" }));
    expect(head).toMatchObject({ ContentLength: 300_000, ETag: stored.ETag, Metadata: { who: "me" } });
  });

  test("may be empty, and may be streamed with a checksum behind the body", async () => {
    const client = (await start()).sdk();
    await put(client, "empty", "");
    expect((await contentOf(client, "empty")).length).toBe(0);
    const content = randomBytes(1_000_000);
    await put(client, "stream", Readable.from([content.subarray(0, 10), content.subarray(10)]), { ContentLength: content.length });
    expect((await contentOf(client, "stream")).equals(content)).toBe(true);
  });

  test.each(["CRC32C", "SHA1", "SHA256"] as const)("are checked with %s", async (ChecksumAlgorithm) => {
    const client = (await start()).sdk();
    const stored = await put(client, "a", "content", { ChecksumAlgorithm });
    expect(stored[`Checksum${ChecksumAlgorithm}`]).toMatch(/=$/);
    expect((await contentOf(client, "a", { ChecksumMode: "ENABLED" })).toString()).toBe("content");
  });

  test("give the ranges asked for", async () => {
    const { sdk, signed } = await start();
    const content = randomBytes(700_000); // above what is read at once
    await put(sdk(), "a", content);
    for (const [range, start, end] of [
      ["bytes=10-19", 10, 20],
      ["bytes=699990-", 699_990, 700_000],
      ["bytes=-5", 699_995, 700_000],
      ["bytes=100-600000", 100, 600_001],
      ["bytes=5-99999999", 5, 700_000],
    ] as const) {
      const response = await signed("/alice/a", { headers: { range } });
      expect(response.status).toBe(206);
      expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/700000`);
      expect(Buffer.from(await response.arrayBuffer()).equals(content.subarray(start, end))).toBe(true);
    }
    expect((await signed("/alice/a", { headers: { range: "bytes=700000-" } })).status).toBe(416);
    expect((await signed("/alice/a", { headers: { range: "lines=1-2" } })).status).toBe(200);
  });

  test("are deleted, alone and many at once", async () => {
    const client = (await start()).sdk();
    const odd = "x & <y>\n'\"";
    for (const name of ["a", "b", "c", odd]) await put(client, name, "1");
    await client.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    expect(await failure(contentOf(client, "a"))).toBe("404 NoSuchKey");
    const Objects = ["b", odd, "never-there"].map((Key) => ({ Key }));
    const { Deleted, Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect([Deleted?.map((d) => d.Key), Errors]).toEqual([["b", odd, "never-there"], undefined]);
    expect((await client.send(new ListObjectsV2Command({ Bucket }))).Contents?.map((c) => c.Key)).toEqual(["c"]);
  });

  test("have any name of up to 1024 bytes, also two that differ only in case", async () => {
    const client = (await start()).sdk();
    const names = ["d/ä b+c%20=&?#.bin", "Name", "name", "k-x", "h-0", "a//b", "/lead", "tail/", "é".repeat(512), "A".repeat(1024), "%2e"];
    for (const name of names) await put(client, name, `content of ${name}`);
    for (const name of names) expect((await contentOf(client, name)).toString()).toBe(`content of ${name}`);
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map((c) => c.Key).sort()).toEqual([...names].sort());
    expect(await failure(put(client, "é".repeat(513), ""))).toBe("400 KeyTooLongError");
  });

  test("are copied on the server", async () => {
    const client = (await start()).sdk();
    await put(client, "dir/a b", "content", { Metadata: { m: "1" } });
    await client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: "alice/dir/a%20b" }));
    expect((await contentOf(client, "copy")).toString()).toBe("content");
    expect((await client.send(new HeadObjectCommand({ Bucket, Key: "copy" }))).Metadata).toEqual({ m: "1" });
    expect(await failure(client.send(new CopyObjectCommand({ Bucket, Key: "x", CopySource: "alice/none" })))).toBe("404 NoSuchKey");
  });
});

describe("lists, through the AWS SDK", () => {
  test("come in pages, by prefix and delimiter", async () => {
    const client = (await start()).sdk();
    const names = ["a", "dir/1", "dir/2", "dir/sub/1", "dir2/1", "e", "z"];
    for (const name of names) await put(client, name, name);
    const pages: (string | undefined)[][] = [];
    for (let ContinuationToken: string | undefined, more = true; more; ) {
      const page = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: "/", MaxKeys: 2, ContinuationToken }));
      pages.push([...(page.CommonPrefixes ?? []).map((p) => p.Prefix), ...(page.Contents ?? []).map((c) => c.Key)]);
      ContinuationToken = page.NextContinuationToken;
      more = page.IsTruncated === true;
    }
    expect(pages).toEqual([["dir/", "a"], ["dir2/", "e"], ["z"]]);
    const inside = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "dir/", StartAfter: "dir/1" }));
    expect(inside.Contents?.map((c) => [c.Key, c.Size])).toEqual([
      ["dir/2", 5],
      ["dir/sub/1", 9],
    ]);
    const old = await client.send(new ListObjectsCommand({ Bucket, Marker: "dir2/1" }));
    expect(old.Contents?.map((c) => c.Key)).toEqual(["e", "z"]);
  });
});

describe("buckets, through the AWS SDK", () => {
  test("are made, found, listed and removed when empty", async () => {
    const client = (await start()).sdk();
    await client.send(new CreateBucketCommand({ Bucket: "bob" }));
    expect(await failure(client.send(new CreateBucketCommand({ Bucket: "bob" })))).toBe("409 BucketAlreadyOwnedByYou");
    await client.send(new HeadBucketCommand({ Bucket: "bob" }));
    await client.send(new GetBucketLocationCommand({ Bucket: "bob" }));
    expect((await client.send(new ListBucketsCommand({}))).Buckets?.map((b) => b.Name)).toEqual(["alice", "bob"]);
    await client.send(new PutObjectCommand({ Bucket: "bob", Key: "a", Body: "1" }));
    expect(await failure(client.send(new DeleteBucketCommand({ Bucket: "bob" })))).toBe("409 BucketNotEmpty");
    await client.send(new DeleteObjectCommand({ Bucket: "bob", Key: "a" }));
    await client.send(new DeleteBucketCommand({ Bucket: "bob" }));
    expect(await failure(client.send(new HeadBucketCommand({ Bucket: "bob" })))).toBe("404 NotFound");
    expect(await failure(client.send(new PutObjectCommand({ Bucket: "bob", Key: "a", Body: "1" })))).toBe("404 NoSuchBucket");
  });
});

describe("multipart uploads, through the AWS SDK", { timeout: 20_000 }, () => {
  const begin = async (client: S3Client, Key: string) => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType: "text/x" }));
    const part = (PartNumber: number, Body: Uint8Array) =>
      client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body })).then(({ ETag }) => ({ ETag, PartNumber }));
    const complete = (Parts: { ETag: string | undefined; PartNumber: number }[]) =>
      client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
    return { UploadId, part, complete };
  };

  test("join their parts in order", async () => {
    const client = (await start()).sdk();
    const [first, second] = [randomBytes(5 << 20), randomBytes(1000)];
    const { UploadId, part, complete } = await begin(client, "mp");
    const two = await part(2, second);
    await part(1, second);
    const one = await part(1, first); // a part may be sent again
    const listed = await client.send(new ListPartsCommand({ Bucket, Key: "mp", UploadId }));
    expect(listed.Parts?.map((p) => [p.PartNumber, p.Size])).toEqual([
      [1, 5 << 20],
      [2, 1000],
    ]);
    expect((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads?.map((u) => u.UploadId)).toEqual([UploadId]);
    expect(await failure(contentOf(client, "mp"))).toBe("404 NoSuchKey");
    const { ETag } = await complete([one, two]);
    expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    const found = await client.send(new GetObjectCommand({ Bucket, Key: "mp" }));
    expect(Buffer.from((await found.Body?.transformToByteArray()) ?? []).equals(Buffer.concat([first, second]))).toBe(true);
    expect([found.ETag, found.ContentType]).toEqual([ETag, "text/x"]);
    expect(await failure(complete([one, two]))).toBe("404 NoSuchUpload");
  });

  test("refuse parts that are unknown, out of order or too small, and can be given up", async () => {
    const client = (await start()).sdk();
    const { UploadId, part, complete } = await begin(client, "mp");
    const [one, two] = [await part(1, randomBytes(100)), await part(2, randomBytes(100))];
    expect(await failure(complete([two, one]))).toBe("400 InvalidPartOrder");
    expect(await failure(complete([one, two]))).toBe("400 EntityTooSmall");
    expect(await failure(complete([{ ...one, ETag: two.ETag }]))).toBe("400 InvalidPart");
    expect(await failure(complete([{ ...one, PartNumber: 3 }]))).toBe("400 InvalidPart");
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: "mp", UploadId }));
    expect(await failure(part(1, randomBytes(1)))).toBe("404 NoSuchUpload");
  });

  test("a part that is put again while its upload is completed does not slip in under the old ETag", async () => {
    const client = (await start()).sdk();
    const { UploadId, part, complete } = await begin(client, "mp");
    const one = await part(1, Buffer.from("checked"));
    const open = UploadStore.prototype.openPart;
    vi.spyOn(UploadStore.prototype, "openPart").mockImplementationOnce(async function (this: UploadStore, id, number) {
      await part(1, Buffer.from("another"));
      return open.call(this, id, number);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    expect(await failure(complete([one]))).toBe("400 InvalidPart");
    expect(await failure(contentOf(client, "mp"))).toBe("404 NoSuchKey");
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: "mp", UploadId }));
  });
});
