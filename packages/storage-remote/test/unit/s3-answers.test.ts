import { describe, expect, test } from "vitest";
import { StorageRemoteError, toPath, type Version } from "../../src/index.ts";
import { s3LiteLister, s3LiteReader, s3LiteWriter } from "../../src/s3-lite.ts";
import { fakeFetch, location, s3Error } from "../fake-fetch.ts";

const path = toPath("a");
const read = { maxBytes: 100 };
const version = '"v1"' as Version;

describe("reads", () => {
  test.each([
    ["absent", 404, "NoSuchKey"],
    ["absent", 404, ""],
    ["forbidden", 403, "AccessDenied"],
    ["forbidden", 403, "AllAccessDisabled"],
    ["unchanged", 304, ""],
  ])("are %s at %i %s", async (kind, status, code) => {
    const fetch = fakeFetch({ status, body: code === "" ? "" : s3Error(code) });
    expect(await s3LiteReader(location, { fetch }).read(path, read)).toEqual({ kind });
  });

  test.each([
    ["missing-bucket", false, 404, "NoSuchBucket"],
    ["wrong-credentials", false, 403, "InvalidAccessKeyId"],
    ["wrong-credentials", false, 403, "SignatureDoesNotMatch"],
    ["wrong-credentials", false, 401, ""],
    ["clock-skew", false, 403, "RequestTimeTooSkewed"],
    ["rate-limited", true, 503, "SlowDown"],
    ["rate-limited", true, 429, "TooManyRequests"],
    ["rate-limited", true, 400, "RequestRateLimitExceeded"],
    ["server-error", true, 500, "InternalError"],
    ["server-error", true, 502, ""],
    ["server-error", true, 400, "RequestTimeout"],
    ["refused", false, 301, "PermanentRedirect"],
    ["refused", false, 307, ""],
    ["refused", false, 0, ""],
    ["refused", false, 400, "AuthorizationHeaderMalformed"],
    ["refused", false, 403, ""],
    ["unsupported", false, 501, "NotImplemented"],
  ])("fail with %s (retryable: %s) at %i %s", async (code, retryable, status, word) => {
    const fetch = fakeFetch({ status, body: word === "" ? "<html>oh</html>" : s3Error(word) });
    const error: unknown = await s3LiteReader(location, { fetch })
      .read(path, read)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StorageRemoteError);
    expect(error).toMatchObject({ code, retryable });
    const { message } = error as StorageRemoteError;
    expect(message).toContain("s3.example.org/alice");
    expect(message).toMatch(/^[^\n]{20,200}\.$/);
    expect(message).not.toContain(location.credentials.secretAccessKey);
  });

  test("a 404 of a code hidden in other text counts as no code", async () => {
    const hostile = `<Code>${"x".repeat(100)}</Code>${" ".repeat(5000)}<Code>NoSuchBucket</Code>`;
    const fetch = fakeFetch({ status: 404, body: hostile });
    expect(await s3LiteReader(location, { fetch }).read(path, read)).toEqual({ kind: "absent" });
  });

  test("a refusal that is cut off in its body is a broken connection", async () => {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("<Error><Co")),
      pull: (controller) => controller.error(new TypeError("terminated")),
    });
    const read = s3LiteReader(location, { fetch: fakeFetch({ status: 403, body }) }).read(path, { maxBytes: 10 });
    await expect(read).rejects.toMatchObject({ code: "unreachable", retryable: true });
  });

  test("Retry-After is told, up to an hour", async () => {
    for (const [header, retryAfter] of [
      ["7", 7000],
      ["999999", 3_600_000],
      ["soon", undefined],
    ] as const) {
      const fetch = fakeFetch({ status: 503, headers: { "retry-after": header } });
      await expect(s3LiteReader(location, { fetch }).read(path, read)).rejects.toMatchObject({ retryAfter });
    }
  });

  test("an endless body is cut off, with and without a declared length", async () => {
    let pulled = 0;
    const endless = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
      new ReadableStream(
        {
          pull(controller) {
            pulled++;
            controller.enqueue(new Uint8Array(1000));
          },
        },
        { highWaterMark: 0 },
      );
    const fetch = fakeFetch({ status: 200, body: endless() });
    await expect(s3LiteReader(location, { fetch }).read(path, { maxBytes: 5000 })).rejects.toMatchObject({ code: "too-large" });
    expect(pulled).toBeLessThan(10);
    const declared = fakeFetch({ status: 200, body: endless(), headers: { "content-length": "1000000" } });
    pulled = 0;
    await expect(s3LiteReader(location, { fetch: declared }).read(path, { maxBytes: 5000 })).rejects.toMatchObject({ code: "too-large" });
    expect(pulled).toBe(0);
  });

  test("a body of another length than was declared is read as it came", async () => {
    for (const [declared, body] of [
      ["2", "more than declared"],
      ["90", "less"],
      ["nonsense", "0123"],
      ["-1", "0123"],
    ] as const) {
      const fetch = fakeFetch({ status: 200, body, headers: { etag: '"e"', "content-length": declared } });
      const result = await s3LiteReader(location, { fetch }).read(path, read);
      expect(result).toEqual({ kind: "found", bytes: new TextEncoder().encode(body), version: '"e"' });
      expect(result.kind === "found" && result.bytes.buffer.byteLength).toBe(body.length);
    }
  });

  test("a store that ignores ranges is read past what was not asked for", async () => {
    const fetch = fakeFetch({ status: 200, body: "0123456789", headers: { etag: '"e"' } });
    const result = await s3LiteReader(location, { fetch }).read(path, { maxBytes: 3, range: { offset: 4, length: 3 } });
    expect(result).toEqual({ kind: "found", bytes: new TextEncoder().encode("456"), version: '"e"' });
  });

  test("a range beyond the end asks once more for the version, and tells so", async () => {
    const events: unknown[] = [];
    const fetch = fakeFetch({ status: 416, body: s3Error("InvalidRange") }, { status: 200, body: "abc", headers: { etag: '"e"' } });
    const reader = s3LiteReader(location, { fetch, onExtraRequest: (event) => events.push(event) });
    const result = await reader.read(path, { maxBytes: 9, range: { offset: 10, length: 5 } });
    expect(result).toEqual({ kind: "found", bytes: new Uint8Array(), version: '"e"' });
    expect(fetch.sent.map(({ headers }) => headers.range)).toEqual(["bytes=10-14", undefined]);
    expect(events).toEqual([{ op: "get", path, result: "found", bytes: 0 }]);
  });

  test("a store that tells no ETag gets versions made from the bytes", async () => {
    const first = fakeFetch({ status: 200, body: "abc" });
    const reader = s3LiteReader(location, { fetch: first });
    const found = await reader.read(path, read);
    expect(found).toMatchObject({ kind: "found" });
    const known = found.kind === "found" ? found.version : expect.unreachable();
    expect(await reader.read(path, { ...read, unless: known })).toEqual({ kind: "unchanged" });
    expect(first.sent[1]?.headers["if-none-match"]).toBeUndefined();
    const later = s3LiteReader(location, { fetch: fakeFetch({ status: 200, body: "abd" }) });
    expect(await later.read(path, { ...read, unless: known })).toMatchObject({ kind: "found" });
  });

  test("no redirect is followed, nothing cached, no cookie sent", async () => {
    const fetch = fakeFetch({ status: 404 });
    await s3LiteReader(location, { fetch }).read(path, read);
    expect(fetch.sent[0]).toMatchObject({ redirect: "manual", cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
  });

  test("every kind of object is asked for with the same headers", async () => {
    const fetch = fakeFetch({ status: 404 });
    for (const name of ["a", "b/c", "d".repeat(300)]) await s3LiteReader(location, { fetch }).read(toPath(name), read);
    const names = fetch.sent.map(({ headers }) => Object.keys(headers).sort().join());
    expect(new Set(names)).toEqual(new Set(["authorization,x-amz-content-sha256,x-amz-date"]));
  });
});

describe("writes", () => {
  test.each([
    ["conflict", "absent", 412, "PreconditionFailed"],
    ["conflict", "absent", 409, "ConditionalRequestConflict"],
    ["conflict", version, 412, "PreconditionFailed"],
    ["conflict", version, 404, "NoSuchKey"],
  ] as const)("%s when %s at %i %s", async (kind, when, status, code) => {
    const fetch = fakeFetch({ status, body: s3Error(code) });
    expect(await s3LiteWriter(location, { fetch }).write(path, new Uint8Array(1), { when })).toEqual({ kind });
  });

  test.each([
    ["unsupported", 501, "NotImplemented"],
    ["unsupported", 411, "MissingContentLength"],
    ["refused", 403, "AccessDenied"],
    ["refused", 412, "PreconditionFailed"],
    ["too-large", 413, "EntityTooLarge"],
    ["disk-full", 507, ""],
    ["disk-full", 403, "QuotaExceeded"],
    ["server-error", 409, "OperationAborted"],
  ])("fail with %s at %i %s", async (code, status, word) => {
    const fetch = fakeFetch({ status, body: s3Error(word) });
    await expect(s3LiteWriter(location, { fetch }).write(path, new Uint8Array(1))).rejects.toMatchObject({ code });
  });

  test("a version is tried in quotes, then bare, and what worked is kept", async () => {
    const events: unknown[] = [];
    const stored = { status: 200, headers: { etag: '"v2"' } };
    const fetch = fakeFetch({ status: 412 }, stored, stored, { status: 412 });
    const writer = s3LiteWriter(location, { fetch, onExtraRequest: (event) => events.push(event) });
    expect(await writer.write(path, new Uint8Array(3), { when: version })).toEqual({ kind: "stored", version: '"v2"' });
    expect(await writer.write(path, new Uint8Array(3), { when: version })).toMatchObject({ kind: "stored" });
    expect(await writer.write(path, new Uint8Array(3), { when: version })).toEqual({ kind: "conflict" });
    expect(fetch.sent.map(({ headers }) => headers["if-match"])).toEqual(['"v1"', "v1", "v1", "v1"]);
    expect(events).toEqual([{ op: "put", path, result: "conflict", bytes: 3 }]);
  });

  test("a version that no store told cannot be a condition", async () => {
    const fetch = fakeFetch({ status: 200 });
    const writer = s3LiteWriter(location, { fetch });
    const result = await writer.write(path, new Uint8Array(3));
    const own = result.kind === "stored" ? result.version : expect.unreachable();
    await expect(writer.write(path, new Uint8Array(3), { when: own })).rejects.toMatchObject({ code: "unsupported" });
  });

  test("extra headers go with PUTs alone, and are signed", async () => {
    const fetch = fakeFetch({ status: 200, headers: { etag: '"e"' } });
    const writer = s3LiteWriter({ ...location, putHeaders: { "X-Amz-Grant-Read": "id=m:reader" } }, { fetch });
    await writer.write(path, new Uint8Array(1));
    await writer.remove(path);
    expect(fetch.sent[0]?.headers["x-amz-grant-read"]).toBe("id=m:reader");
    expect(fetch.sent[0]?.headers.authorization).toContain("x-amz-grant-read");
    expect(fetch.sent[1]?.headers["x-amz-grant-read"]).toBeUndefined();
  });

  test("the hash that a caller has is signed as it is, and computed where there is none", async () => {
    const fetch = fakeFetch({ status: 200, headers: { etag: '"e"' } });
    const writer = s3LiteWriter(location, { fetch });
    const sha256 = new Uint8Array(32).fill(0x0f);
    const written = writer.write(path, new TextEncoder().encode("abc"), { sha256 });
    sha256.fill(1);
    await written;
    await writer.write(path, new TextEncoder().encode("abc"));
    expect(fetch.sent.map(({ headers }) => headers["x-amz-content-sha256"])).toEqual([
      "0f".repeat(32),
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ]);
  });

  test("removing what is not there succeeds, in a missing bucket it fails", async () => {
    await s3LiteWriter(location, { fetch: fakeFetch({ status: 404, body: s3Error("NoSuchKey") }) }).remove(path);
    const gone = s3LiteWriter(location, { fetch: fakeFetch({ status: 404, body: s3Error("NoSuchBucket") }) });
    await expect(gone.remove(path)).rejects.toMatchObject({ code: "missing-bucket" });
  });
});

describe("addresses", () => {
  test.each([
    [true, "https://s3.example.org", "https://s3.example.org/alice/cweb/a"],
    [false, "https://s3.example.org", "https://alice.s3.example.org/cweb/a"],
    [true, "https://example.org/storage/v1/s3", "https://example.org/storage/v1/s3/alice/cweb/a"],
    [false, "http://example.org:9000", "http://alice.example.org:9000/cweb/a"],
  ])("path style %s at %s", async (pathStyle, endpoint, url) => {
    const fetch = fakeFetch({ status: 404 });
    await s3LiteReader({ ...location, endpoint, pathStyle }, { fetch }).read(path, read);
    expect(fetch.sent[0]?.url).toBe(url);
  });
});

describe("lists", () => {
  test("follow the store's pages, leave out what is no path, and refuse circles", async () => {
    const page = (keys: readonly string[], next: string): string =>
      `<ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}${next && `<NextContinuationToken>${next}</NextContinuationToken>`}</ListBucketResult>`;
    const fetch = fakeFetch(
      { status: 200, body: page(["cweb/a", "cweb/b c", "other/x"], "t&amp;1") },
      { status: 200, body: page(["cweb/d", "cweb//e"], "") },
    );
    expect(await s3LiteLister(location, { fetch }).list({ limit: 10 })).toEqual(["a", "d"]);
    expect(fetch.sent[1]?.url).toContain("continuation-token=t%261");
    const circle = fakeFetch({ status: 200, body: page([], "again") });
    await expect(s3LiteLister(location, { fetch: circle }).list({ limit: 10 })).rejects.toMatchObject({ code: "bad-answer" });
  });
});

test("a broken connection is unreachable, keeps its cause, and names no secret", async () => {
  const cause = new TypeError("fetch failed");
  const reader = s3LiteReader(location, { fetch: () => Promise.reject(cause) });
  await expect(reader.read(path, read)).rejects.toMatchObject({ code: "unreachable", retryable: true, cause });
});
