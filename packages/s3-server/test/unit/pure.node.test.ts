import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AwsChunkedDecoder, type ChunkedEvent } from "../../src/core/aws-chunked.ts";
import { type ChecksumName, startChecksum } from "../../src/core/checksums.ts";
import { decodeDescription, descriptionLength, encodeDescription, tailBytes } from "../../src/core/description.ts";
import { compareKeys, listPage } from "../../src/core/listing.ts";
import { fileNameOf, isHashedName, keyOfFileName } from "../../src/core/object-name.ts";
import { parseProfile } from "../../src/core/profile.ts";
import { parseRange } from "../../src/core/range.ts";
import { Refusal } from "../../src/core/refusal.ts";
import { parseTarget } from "../../src/core/target.ts";
import { decodeXml, encodeXml } from "../../src/core/xml.ts";

const text = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: "binary", maxLength });
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const settings = { numRuns: 300, seed: 20261121 };

/** Runs `work`; any failure must be a refusal with a status of 400 to 501. */
function onlyRefuses(work: () => unknown): void {
  try {
    work();
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    expect(cause.status).toBeGreaterThanOrEqual(400);
  }
}

describe("file names", () => {
  test("any key has one, short, of harmless characters, and different in small letters too", () => {
    const seen = new Map<string, string>();
    const check = (key: string): void => {
      const name = fileNameOf(key);
      expect(name).toMatch(/^[kh]-[a-z0-9._=%-]*$/);
      expect(name.length).toBeLessThanOrEqual(202);
      expect(name.endsWith(".")).toBe(false);
      expect(seen.get(name) ?? key).toBe(key);
      seen.set(name, key);
      if (!isHashedName(name)) expect(keyOfFileName(name)).toBe(key);
    };
    fc.assert(
      fc.property(text(120), (key) => check(key.toWellFormed())),
      settings,
    );
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom("a", "A", ".", "/", "%", "=", "_"), maxLength: 8 }), check), {
      ...settings,
      numRuns: 2000,
    });
    for (const key of ["", ".", "..", "con", "a.", "A", "a", "=a", "%41", "x".repeat(200), "x".repeat(201), "X".repeat(1024)]) check(key);
  });

  test("strangers' files spell no key", () => {
    for (const name of ["README", "k-%ff", "h-0", ".DS_Store"])
      expect([name, keyOfFileName(name), isHashedName(name)]).toEqual([name, undefined, false]);
  });
});

describe("descriptions", () => {
  const description = {
    key: "ä",
    size: 5,
    etag: "0".repeat(32),
    modified: 1,
    headers: { "content-type": "x" },
    checksums: { crc32: "AAAAAA==" },
  };

  test("come back from the end of a file", () => {
    const ending = encodeDescription(description);
    const length = descriptionLength(ending.subarray(-tailBytes)) ?? 0;
    expect(decodeDescription(ending.subarray(0, length), 5 + ending.length)).toEqual(description);
  });

  test("that do not fit the file's length, or are damaged, are none", () => {
    const ending = encodeDescription(description);
    const json = ending.subarray(0, -tailBytes);
    expect(decodeDescription(json, 4 + ending.length)).toBeUndefined();
    expect(descriptionLength(ending.subarray(-tailBytes - 1, -1))).toBeUndefined();
    expect(descriptionLength(new Uint8Array(3))).toBeUndefined();
    fc.assert(
      fc.property(bytes(100), (junk) => {
        expect(decodeDescription(junk, junk.length + tailBytes)).toBeUndefined();
      }),
      settings,
    );
  });
});

describe("aws-chunked framing", () => {
  const decode = (parts: readonly Uint8Array[]): { data: Buffer; others: ChunkedEvent[] } => {
    const decoder = new AwsChunkedDecoder();
    const events = parts.flatMap((part) => decoder.push(part));
    decoder.finish();
    return {
      data: Buffer.concat(events.flatMap((e) => (e.kind === "data" ? [e.bytes] : []))),
      others: events.filter((e) => e.kind !== "data"),
    };
  };
  const signature = "ab".repeat(32);
  const body = Buffer.from(`3;chunk-signature=${signature}\r\nabc\r\n2\r\n\r\n\r\n0\r\nX-Amz-Checksum-CRC32: AAAA \r\n\r\n`);

  test("is taken apart the same however it is cut", () => {
    const whole = decode([body]);
    expect(whole.data.toString()).toBe("abc\r\n");
    expect(whole.others).toEqual([
      { kind: "chunk-end", signature, size: 3 },
      { kind: "chunk-end", signature: undefined, size: 2 },
      { kind: "chunk-end", signature: undefined, size: 0 },
      { kind: "trailer", name: "x-amz-checksum-crc32", value: "AAAA" },
      { kind: "end" },
    ]);
    for (let cut = 1; cut < body.length; cut++) expect(decode([body.subarray(0, cut), body.subarray(cut)])).toEqual(whole);
    expect(decode([...body].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test("refuses what is no framing, and endless lines", () => {
    const junk = [
      "",
      "x\r\n",
      "3\r\nabcd\r\n",
      "3\nabc\n",
      "-1\r\n",
      "1g\r\n",
      `${"1".repeat(5000)}`,
      "fffffffffff\r\n",
      "0\r\nno colon\r\n\r\n",
      "0\r\n\r\nmore",
    ];
    for (const given of [...junk, `0\r\n${"a:b\r\n".repeat(17)}\r\n`, "1;chunk-signature=xyz\r\n", "2\r\nab"]) {
      expect(() => decode([Buffer.from(given)]), given.slice(0, 40)).toThrow(Refusal);
    }
    for (let cut = 0; cut < body.indexOf("\r\n0\r\n") + 4; cut++) expect(() => decode([body.subarray(0, cut)])).toThrow(Refusal);
    fc.assert(
      fc.property(bytes(200), (given) => onlyRefuses(() => decode([given]))),
      settings,
    );
  });
});

describe("ranges", () => {
  test("are read as RFC 9110 says", () => {
    expect(parseRange("bytes=0-0", 10)).toEqual({ start: 0, end: 0 });
    expect(parseRange("bytes=5-", 10)).toEqual({ start: 5, end: 9 });
    expect(parseRange("bytes=-3", 10)).toEqual({ start: 7, end: 9 });
    expect(parseRange("bytes=-30", 10)).toEqual({ start: 0, end: 9 });
    expect(parseRange("bytes=2-99", 10)).toEqual({ start: 2, end: 9 });
    for (const ignored of [
      undefined,
      "bytes=",
      "bytes=-",
      "bytes=5-2",
      "bytes=0-1,3-4",
      "lines=1-2",
      "bytes=a-b",
      `bytes=${"9".repeat(20)}-`,
    ]) {
      expect(parseRange(ignored, 10)).toBeUndefined();
    }
    for (const bad of ["bytes=10-", "bytes=10-12", "bytes=-0"]) expect(() => parseRange(bad, 10)).toThrow("not satisfiable");
    expect(() => parseRange("bytes=0-", 0)).toThrow("not satisfiable");
  });
});

describe("lists", () => {
  test("pages together give what one list gives, in the order of UTF-8", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "/", "é", "\u{10000}", "\uffee"), minLength: 1, maxLength: 5 });
    const check = (names: string[], prefix: string, delimiter: string, limit: number): void => {
      const sorted = [...new Set(names)].sort(compareKeys);
      const keys: string[] = [];
      const prefixes: string[] = [];
      for (let after = "", pages = 0; ; pages++) {
        const page = listPage(sorted, { prefix, delimiter, after, limit });
        expect(page.keys.length + page.commonPrefixes.length).toBeLessThanOrEqual(limit);
        keys.push(...page.keys);
        prefixes.push(...page.commonPrefixes);
        expect(pages).toBeLessThanOrEqual(names.length);
        if (page.next === undefined) break;
        after = page.next;
      }
      const rest = sorted.filter((key) => key.startsWith(prefix));
      const groupOf = (key: string): string | undefined => {
        const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
        return at < 0 ? undefined : key.slice(0, at + delimiter.length);
      };
      expect(keys).toEqual(rest.filter((key) => groupOf(key) === undefined));
      expect(prefixes).toEqual([...new Set(rest.flatMap((key) => groupOf(key) ?? []))]);
    };
    const limit = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(fc.array(name, { maxLength: 15 }), fc.constantFrom("", "a", "/", "é"), fc.constantFrom("", "/", "ab"), limit, check),
      settings,
    );
  });
});

describe("targets", () => {
  test("any request line gives names that are safe, or a refusal", () => {
    const check = (given: string): void =>
      onlyRefuses(() => {
        const { bucket, key } = parseTarget(`/${given}`);
        expect(`${bucket}/${key}`.split("/")).not.toContain("..");
        expect(key).not.toContain("\0");
      });
    fc.assert(fc.property(text(60), check), settings);
    const piece = fc.constantFrom("a", "bucket", "/", ".", "..", "%2e", "%2F", "%00", "%", "?", "&", "=", "%ff", "+", "__proto__");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (parts) => check(parts.join(""))),
      { ...settings, numRuns: 1000 },
    );
  });

  test("are decoded once, and encoded in one way for the signature", () => {
    const target = parseTarget("/bucket/a%2Bb%20c!'()*~/%C3%A4?prefix=a%2Bb&x&prefix=2");
    expect([target.bucket, target.key]).toEqual(["bucket", "a+b c!'()*~/ä"]);
    expect(target.canonicalPath).toBe("/bucket/a%2Bb%20c%21%27%28%29%2A~/%C3%A4");
    expect({ ...target.query }).toEqual({ prefix: ["a+b", "2"], x: "" });
    expect(parseTarget("/a/b", "bucket")).toMatchObject({ bucket: "bucket", key: "a/b" });
  });
});

describe("checksums", () => {
  test.each([
    ["crc32", "y/Q5Jg=="],
    ["crc32c", "4waSgw=="],
    ["sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="],
    ["sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="],
  ] as [ChecksumName, string][])("%s of 123456789 is the published one, in pieces too", (name, expected) => {
    const checksum = startChecksum(name);
    checksum.update(Buffer.from("1234"));
    checksum.update(Buffer.from("56789"));
    expect(checksum.base64()).toBe(expected);
  });
});

describe("XML", () => {
  test("texts come back as they were written", () => {
    const check = (given: string): void => {
      const value = given.toWellFormed().replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/gu, "");
      const read = decodeXml(Buffer.from(encodeXml("Delete", { Key: value, Object: [{ Key: "1" }, { Key: value }] })), "Delete");
      expect(read.text("Key")).toBe(value);
      expect(read.children("Object").map((o) => o.text("Key"))).toEqual(["1", value]);
    };
    fc.assert(fc.property(text(60), check), settings);
    for (const value of ["", " a ", "\r\n", "&amp;", "&#10;", "<b>]]>", "0x10", "1e3", "true"]) check(value);
  });

  test("a thousand names full of odd characters fit", () => {
    const names = Array.from({ length: 1000 }, (_, n) => `<&>${n}`.repeat(20));
    const document = encodeXml("Delete", { Object: names.map((Key) => ({ Key })) });
    expect(
      decodeXml(Buffer.from(document.replaceAll("&amp;", "&#38;")), "Delete")
        .children("Object")
        .map((o) => o.text("Key")),
    ).toEqual(names);
  });

  test("any bytes are read or refused", () => {
    fc.assert(
      fc.property(bytes(100), (given) => onlyRefuses(() => decodeXml(given, "Delete"))),
      settings,
    );
    const piece = fc.constantFrom(
      "<Delete>",
      "</Delete>",
      "<a",
      ">",
      "<![CDATA[",
      "]]>",
      "<!--",
      "&",
      ";",
      "<?xml ?>",
      "<__proto__>",
      "</__proto__>",
      "x",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (p) => onlyRefuses(() => decodeXml(Buffer.from(p.join("")), "Delete"))),
      settings,
    );
  });
});

describe("provider profiles", () => {
  test("are read from their text", () => {
    expect(parseProfile("")).toEqual({});
    expect(parseProfile(" missing=404, condPut=501 ,ifMatch=unquoted,reader=get+list,trailers=411")).toEqual({
      missing: 404,
      condPut: "501",
      ifMatch: "unquoted",
      reader: "get+list",
      trailers: "411",
    });
    expect(parseProfile("writeRate=1,slowDown=0.5,latency=20,cut=0.01,seed=3")).toEqual({
      writeRate: 1,
      slowDown: 0.5,
      latency: 20,
      cut: 0.01,
      seed: 3,
    });
  });

  test("that make no sense are refused, and the allowed values are named", () => {
    for (const given of [
      "missing",
      "missing=402",
      "missing=403,missing=404",
      "a=b",
      "cut=2",
      "cut=-1",
      "latency=x",
      "writeRate=0",
      "cut=1=2",
      "constructor=1",
    ]) {
      expect(() => parseProfile(given), given).toThrow("provider profile is not valid");
    }
    expect(() => parseProfile("missing=1")).toThrow("403 or 404");
  });
});
