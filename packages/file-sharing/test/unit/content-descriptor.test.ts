import { pad, sealOverhead, secret } from "@cweb/crypto";
import { codec, type Value, value } from "@cweb/serialization";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFileId } from "../../src/core/file-id.ts";
import { geometryOf } from "../../src/core/geometry.ts";
import { type FileReference, FileSharingError } from "../../src/index.ts";
import { type ContentDescriptor, decodeContentDescriptor, encodeContentDescriptor } from "../../src/wire/content-descriptor.ts";
import { decodePage, type Entry, encodePage } from "../../src/wire/page.ts";

const any = codec(value, { maxBytes: 65_536 });
const fileId = encodeFileId(new Uint8Array(16).fill(3));
const reference: FileReference = {
  owner: new Uint8Array(32),
  fileId,
  rootKey: secret(new Uint8Array(32)),
  rootHash: new Uint8Array(32),
  size: 5_000,
  name: "a",
  mime: "text/plain",
};
const entryOf = (i: number): Entry => ({ key: secret(new Uint8Array(32).fill(i)), hash: new Uint8Array(32).fill(i + 1) });
const entries = Array.from({ length: 5 }, (_, i) => entryOf(i));
const descriptor: ContentDescriptor = { fileId, geometry: geometryOf(5_000, 10), name: "a", mime: "text/plain", mtime: 7, entries };

const u64 = (n: number): Uint8Array => Uint8Array.from({ length: 8 }, (_, i) => Math.floor(n / 256 ** (7 - i)) % 256);
const fields: readonly Value[] = [
  1,
  new Uint8Array(16).fill(3),
  u64(5_000),
  u64(5_120),
  10,
  5,
  1,
  "a",
  "text/plain",
  u64(7),
  new Uint8Array(320),
];
const root = (values: readonly Value[]): Uint8Array => pad(any.encode(values), 65_536 - sealOverhead);
const withFields = (changes: Readonly<Record<number, Value>>): Uint8Array => root(fields.map((field, i) => changes[i] ?? field));
const code = (act: () => unknown): string => {
  try {
    act();
    return "fine";
  } catch (error) {
    if (error instanceof FileSharingError) return error.code;
    throw error;
  }
};

describe("a content descriptor", () => {
  test("survives its bytes, which are 65,464", () => {
    const encoded = encodeContentDescriptor(descriptor);
    expect(encoded.length).toBe(65_464);
    expect(decodeContentDescriptor(encoded, reference)).toEqual(descriptor);
  });

  test("has room for 960 entries beside the longest names", () => {
    const geometry = geometryOf(960 * 1_024, 10);
    const most = {
      ...descriptor,
      geometry,
      name: "x".repeat(255),
      mime: "y".repeat(127),
      entries: Array.from({ length: 960 }, () => entryOf(1)),
    };
    const named = { ...reference, size: geometry.size, name: most.name, mime: most.mime };
    expect(decodeContentDescriptor(encodeContentDescriptor(most), named)).toEqual(most);
  });

  test("may carry further fields at its end, which are ignored", () => {
    expect(code(() => decodeContentDescriptor(root([...fields, 1, "x"]), reference))).toBe("fine");
  });

  test.each([
    ["id", { fileId: encodeFileId(new Uint8Array(16)) }],
    ["size", { size: 5_001 }],
    ["name", { name: "b" }],
    ["type", { mime: "text/html" }],
  ])("M9: a reference with another %s than the file's is altered", (_, other) => {
    expect(code(() => decodeContentDescriptor(encodeContentDescriptor(descriptor), { ...reference, ...other }))).toBe("altered");
  });

  test.each<[string, Readonly<Record<number, Value>>]>([
    ["another version", { 0: 2 }],
    ["a padded size below Padmé", { 3: u64(5_000) }],
    ["a padded size above Padmé", { 3: u64(2 ** 40) }],
    ["chunks of 2^9", { 4: 9, 5: 10 }],
    ["chunks of 2^24", { 4: 24, 5: 1 }],
    ["chunks of 2^255", { 4: 255 }],
    ["too few chunks", { 5: 4 }],
    ["too many chunks", { 5: 6 }],
    ["2^32 - 1 chunks", { 5: 0xffff_ffff }],
    ["no chunks", { 5: 0 }],
    ["depth 0", { 6: 0 }],
    ["depth 2", { 6: 2 }],
    ["depth 255", { 6: 255 }],
    ["too few entries", { 10: new Uint8Array(256) }],
    ["too many entries", { 10: new Uint8Array(384) }],
    ["no entries", { 10: new Uint8Array() }],
    ["half an entry", { 10: new Uint8Array(321) }],
    ["a size above 2^53", { 2: new Uint8Array(8).fill(255) }],
    ["a control character in its name", { 7: "a\n" }],
  ])("that claims %s is invalid", (_, changes) => {
    expect(code(() => decodeContentDescriptor(withFields(changes), reference))).toBe("descriptor-invalid");
  });

  test("of 2^49 bytes in chunks of 1 KiB would be too deep", () => {
    const size = 2 ** 49;
    const huge = withFields({ 2: u64(size), 3: u64(size), 5: 0xffff_ffff, 6: 4 });
    expect(code(() => decodeContentDescriptor(huge, { ...reference, size }))).toBe("descriptor-invalid");
  });

  test("padded with anything but zeros is invalid", () => {
    const encoded = encodeContentDescriptor(descriptor);
    encoded[65_463] = 1;
    expect(code(() => decodeContentDescriptor(encoded, reference))).toBe("descriptor-invalid");
  });

  test("of random bytes is a FileSharingError, and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (data, isPadded) => {
        const bytes = isPadded ? pad(data, 65_464) : data;
        expect(code(() => decodeContentDescriptor(bytes, reference))).toBe("descriptor-invalid");
      }),
      { seed: 8, numRuns: 500 },
    );
  });
});

describe("a page", () => {
  test("survives its bytes, which are 65,464", () => {
    for (const count of [1, 5, 960]) {
      const some = Array.from({ length: count }, (_, i) => entryOf(i % 200));
      expect(encodePage(some).length).toBe(65_464);
      expect(decodePage(encodePage(some), count)).toEqual(some);
    }
  });

  test("with another number of entries than its place asks for is invalid", () => {
    for (const count of [4, 6, 960]) expect(code(() => decodePage(encodePage(entries), count))).toBe("descriptor-invalid");
  });

  test("padded with anything but zeros, or cut, is invalid", () => {
    const page = encodePage(entries);
    expect(code(() => decodePage(page.slice(0, 100), 5))).toBe("descriptor-invalid");
    page[400] = 1;
    expect(code(() => decodePage(page, 5))).toBe("descriptor-invalid");
  });
});
