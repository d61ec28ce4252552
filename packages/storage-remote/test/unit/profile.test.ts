import { describe, expect, test } from "vitest";
import {
  decodeReadProfile,
  describeProfile,
  encodeReadProfile,
  formatStorageProfile,
  openLister,
  openReader,
  openWriter,
  parseStorageProfile,
  type ReadProfile,
  readSide,
  type S3Profile,
  toPath,
} from "../../src/index.ts";
import { memoryBucket } from "../../src/memory.ts";
import { fakeFetch } from "../fake-fetch.ts";

const read = { accessKeyId: "RID", secretAccessKey: "read+secret/=" };
const write = { accessKeyId: "WID", secretAccessKey: "write+secret/=" };
const s3 = {
  type: "s3",
  endpoint: "http://127.0.0.1:9000",
  region: "us-east-1",
  bucket: "alice",
  prefix: "cweb/",
  pathStyle: true,
  read,
  write,
} as const;

const bad = expect.objectContaining({ code: "bad-profile" });

describe("parseStorageProfile", () => {
  test("reads JSON, with defaults", () => {
    expect(parseStorageProfile(JSON.stringify(s3))).toEqual(s3);
    const { region: _, prefix: __, pathStyle: ___, ...short } = s3;
    expect(parseStorageProfile(`\n${JSON.stringify(short)}\n`)).toEqual({ ...s3, prefix: "" });
    expect(parseStorageProfile('{"type":"folder","path":"/tmp/ä b"}')).toEqual({ type: "folder", path: "/tmp/ä b" });
    expect(parseStorageProfile('{"type":"http","url":"https://H.example.org/x/"}')).toEqual({
      type: "http",
      url: "https://h.example.org/x",
    });
  });

  test("reads the form with exclamation marks", () => {
    expect(parseStorageProfile("s3!http://127.0.0.1:9000!us-east-1!alice!cweb!RID!read+secret/=!WID!write+secret/=")).toEqual(s3);
    const { write: _, ...peer } = s3;
    expect(parseStorageProfile("s3!s3.example.org!!alice!!RID!read+secret/=")).toEqual({
      ...peer,
      endpoint: "https://s3.example.org",
      prefix: "",
    });
  });

  test("takes a public address as the read side of a bucket", () => {
    const profile = parseStorageProfile(JSON.stringify({ ...s3, read: { type: "http", url: "https://pub.example.org/" } }));
    expect(readSide(profile)).toEqual({ type: "http", url: "https://pub.example.org" });
    expect(openWriter(profile).checksClock).toBe(true);
  });

  test("keeps the headers of PUTs in one normal form", () => {
    const profile = parseStorageProfile(JSON.stringify({ ...s3, putHeaders: { "X-B": "id=m:reader", "x-a": "1 2" } }));
    expect(formatStorageProfile(profile)).toBe(JSON.stringify({ ...s3, putHeaders: { "x-a": "1 2", "x-b": "id=m:reader" } }));
  });

  test.each<[string, unknown]>([
    ["no object", 1],
    ["null", null],
    ["a list", [s3]],
    ["no type", { ...s3, type: undefined }],
    ["an unknown type", { type: "ftp", url: "ftp://h" }],
    ["a misspelt field", { ...s3, bukcet: "x" }],
    ["a misspelt key field", { ...s3, read: { ...read, secret: "x" } }],
    ["a file: endpoint", { ...s3, endpoint: "file:///etc/passwd" }],
    ["a javascript: endpoint", { ...s3, endpoint: "javascript:alert(1)" }],
    ["credentials in the endpoint", { ...s3, endpoint: "https://u:p@h" }],
    ["a query in the endpoint", { ...s3, endpoint: "https://h/?a" }],
    ["a control character in the endpoint", { ...s3, endpoint: "https://h\n" }],
    ["a huge endpoint", { ...s3, endpoint: `https://${"a".repeat(300)}.org` }],
    ["a slash in the bucket", { ...s3, bucket: "a/b" }],
    ["a bucket of dots", { ...s3, bucket: ".." }],
    ["an empty bucket", { ...s3, bucket: "" }],
    ["a prefix without its slash", { ...s3, prefix: "cweb" }],
    ["a prefix that climbs", { ...s3, prefix: "../" }],
    ["a prefix with an empty segment", { ...s3, prefix: "a//" }],
    ["a region with a slash", { ...s3, region: "a/b" }],
    ["a text for pathStyle", { ...s3, pathStyle: "yes" }],
    ["no read side", { ...s3, read: undefined }],
    ["an empty secret", { ...s3, read: { ...read, secretAccessKey: "" } }],
    ["a line break in a secret", { ...s3, read: { ...read, secretAccessKey: "a\r\nb" } }],
    ["a comma in a key id", { ...s3, read: { ...read, accessKeyId: "a,b" } }],
    ["a huge secret", { ...s3, read: { ...read, secretAccessKey: "x".repeat(257) } }],
    ["a reserved header", { ...s3, putHeaders: { Authorization: "x" } }],
    ["a header with a line break", { ...s3, putHeaders: { "x-a": "1\r\nx-b: 2" } }],
    ["nine headers", { ...s3, putHeaders: Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`x-${index}`, "1"])) }],
    ["a folder with a zero", { type: "folder", path: "a\0" }],
    ["a folder with a lone surrogate", { type: "folder", path: "\ud800" }],
    ["a huge folder path", { type: "folder", path: "a".repeat(513) }],
    ["no folder path", { type: "folder", path: "" }],
  ])("refuses %s", (_, value) => {
    expect(() => parseStorageProfile(JSON.stringify(value))).toThrow(bad);
  });

  test.each(["", "{", "s3!a!b", "s3!h!r!b!p!i!s!w", `"${"x".repeat(9000)}"`])("refuses the text %#", (text) => {
    expect(() => parseStorageProfile(text)).toThrow(bad);
  });

  test("no error repeats a secret", () => {
    const secret = "TOP-SECRET";
    for (const text of [
      JSON.stringify({ ...s3, read: { accessKeyId: "RID", secretAccessKey: `${secret} ` } }),
      `s3!https://u:${secret}@h!r!b!!i!${secret}`,
      `{"type":"s3","read":${secret}`,
      `s3!h!r!b!p!${secret},!${secret}`,
    ]) {
      const error: unknown = (() => {
        try {
          return parseStorageProfile(text);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toEqual(bad);
      expect(JSON.stringify([String(error), String((error as Error).cause ?? "")])).not.toContain(secret);
    }
  });
});

describe("the read side", () => {
  test("holds nothing of the write side", () => {
    const profile: S3Profile = { ...s3, putHeaders: { "x-a": "private" } };
    const text = JSON.stringify(readSide(profile));
    expect(text).not.toContain("write");
    expect(text).not.toContain("WID");
    expect(text).not.toContain("private");
    expect(text).toContain("read+secret");
  });

  test.each<ReadProfile>([
    readSide(s3),
    { type: "http", url: "https://pub.example.org/x" },
    { type: "folder", path: "/tmp/ä" },
    { ...readSide(s3), pathStyle: false, prefix: "" } as ReadProfile,
  ])("survives its bytes: %o", (profile) => {
    const bytes = encodeReadProfile(profile);
    expect(bytes.length).toBeLessThanOrEqual(1024);
    expect(decodeReadProfile(bytes)).toEqual(profile);
  });

  test("equal profiles have equal bytes, however they were written", () => {
    const other = parseStorageProfile(JSON.stringify({ ...s3, endpoint: "HTTP://127.0.0.1:9000/" }));
    expect(encodeReadProfile(readSide(other))).toEqual(encodeReadProfile(readSide(s3)));
  });

  test("every cut and every changed byte of the layout is refused or means another profile", () => {
    const bytes = encodeReadProfile(readSide(s3));
    for (let length = 0; length < bytes.length; length++) expect(() => decodeReadProfile(bytes.slice(0, length))).toThrow(bad);
    expect(() => decodeReadProfile(new Uint8Array([...bytes, 0]))).toThrow(bad);
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 0x80]) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ flip;
        let decoded: ReadProfile | undefined;
        try {
          decoded = decodeReadProfile(changed);
        } catch (error) {
          expect(error).toEqual(bad);
        }
        if (decoded !== undefined) {
          expect(decoded).not.toEqual(readSide(s3));
          expect(encodeReadProfile(decoded)).toEqual(changed);
        }
      }
    }
  });

  test("refuses a profile that is too long for a card", () => {
    const long = {
      ...readSide(s3),
      endpoint: `https://${"a.".repeat(100)}org/${"p".repeat(40)}`,
      read: { accessKeyId: "i".repeat(128), secretAccessKey: "s".repeat(256) },
    };
    expect(encodeReadProfile({ ...long, prefix: `${"q".repeat(127)}/` } as ReadProfile).length).toBeLessThanOrEqual(1024);
    expect(() => encodeReadProfile({ type: "folder", path: "語".repeat(400) })).toThrow(bad);
  });

  test("is described without its secrets", () => {
    expect(describeProfile(s3)).toBe("s3 http://127.0.0.1:9000 bucket alice prefix cweb/");
    expect(describeProfile({ type: "http", url: "https://h" })).toBe("http https://h");
    expect(describeProfile({ type: "folder", path: "/x" })).toBe("folder /x");
  });
});

describe("opening", () => {
  const path = toPath("a");

  test("reads with the read keys, writes and lists with the write keys", async () => {
    const fetch = fakeFetch({ status: 200, body: "<x/>", headers: { etag: '"e"' } });
    await openReader(readSide(s3), { fetch }).read(path, { maxBytes: 9 });
    await openWriter(s3, { fetch }).write(path, new Uint8Array(1));
    await openLister(s3, { fetch }).list({ limit: 1 });
    const keys = fetch.sent.map(({ headers }) => /Credential=(\w+)\//.exec(headers.authorization ?? "")?.[1]);
    expect(keys).toEqual(["RID", "WID", "WID"]);
  });

  test("a stranger's folder is refused, one's own is opened", () => {
    const { reader, writer } = memoryBucket();
    const folder = { type: "folder", path: "/etc" } as const;
    expect(() => openReader(folder)).toThrow(bad);
    expect(() => openWriter(folder)).toThrow(bad);
    expect(openReader(folder, { folder: () => reader })).toBe(reader);
    expect(openWriter(folder, { folder: () => writer })).toBe(writer);
  });

  test("without write keys nothing is written", () => {
    const { write: _, ...peer } = s3;
    expect(() => openWriter(peer)).toThrow(bad);
    expect(() => openLister(peer)).toThrow(bad);
    expect(() => openWriter({ type: "http", url: "https://h" })).toThrow(bad);
  });

  test("a location made by a program is checked as well", () => {
    expect(() => openReader({ ...readSide(s3), endpoint: "file:///etc" } as ReadProfile)).toThrow(bad);
  });
});
