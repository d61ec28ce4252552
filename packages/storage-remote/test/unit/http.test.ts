import { describe, expect, test } from "vitest";
import { httpReader } from "../../src/http.ts";
import { toPath, type Version } from "../../src/index.ts";
import { fakeFetch } from "../fake-fetch.ts";

const path = toPath("a/b");
const read = { maxBytes: 100 };

describe("httpReader", () => {
  test("reads with one plain GET", async () => {
    const fetch = fakeFetch({ status: 200, body: "hello", headers: { etag: 'W/"e"' } });
    const result = await httpReader("https://files.example.org/x/", { fetch }).read(path, read);
    expect(result).toEqual({ kind: "found", bytes: new TextEncoder().encode("hello"), version: '"e"' });
    expect(fetch.sent).toMatchObject([{ method: "GET", url: "https://files.example.org/x/a/b", headers: {} }]);
  });

  test("passes on conditions and ranges", async () => {
    const fetch = fakeFetch({ status: 304 });
    const unless = '"e"' as Version;
    expect(await httpReader("http://h", { fetch }).read(path, { ...read, unless, range: { offset: 2, length: 3 } })).toEqual({
      kind: "unchanged",
    });
    expect(fetch.sent[0]?.headers).toEqual({ "if-none-match": '"e"', range: "bytes=2-4" });
  });

  test.each([
    [404, "absent"],
    [410, "absent"],
    [401, "forbidden"],
    [403, "forbidden"],
  ])("status %i is %s", async (status, kind) => {
    expect(await httpReader("http://h", { fetch: fakeFetch({ status }) }).read(path, read)).toEqual({ kind });
  });

  test.each([
    [0, "refused"],
    [302, "refused"],
    [400, "refused"],
    [429, "rate-limited"],
    [503, "rate-limited"],
    [500, "server-error"],
  ])("status %i fails with %s", async (status, code) => {
    await expect(httpReader("http://h", { fetch: fakeFetch({ status }) }).read(path, read)).rejects.toMatchObject({ code });
  });

  test.each(["file:///etc", "ftp://h", "https://u:p@h", "h", "https://h?x=1", "https://h#x", ""])("refuses the address %s", (url) => {
    expect(() => httpReader(url)).toThrow(expect.objectContaining({ code: "bad-profile" }));
  });
});
