import { secret } from "@cweb/crypto";
import { codec, type Value, value } from "@cweb/serialization";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFileId } from "../../src/core/file-id.ts";
import {
  decodeFileReference,
  encodeFileReference,
  type FileReference,
  FileSharingError,
  formatFileReference,
  parseFileReference,
} from "../../src/index.ts";

const any = codec(value, { maxBytes: 4_096 });
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const references: fc.Arbitrary<FileReference> = fc.record({
  owner: bytes(32),
  fileId: bytes(16).map(encodeFileId),
  rootKey: bytes(32).map(secret),
  rootHash: bytes(32),
  size: fc.maxSafeNat().map((size) => size % (2 ** 49 + 1)),
  name: fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }).filter((name) => !/\p{Cc}|^\ufeff/u.test(name)),
  mime: fc.stringMatching(/^[ -~]{1,127}$/),
});
const seed = { seed: 4, numRuns: 200 };

const u64 = (n: number): Uint8Array => Uint8Array.from({ length: 8 }, (_, i) => Math.floor(n / 256 ** (7 - i)) % 256);
const valid: readonly Value[] = [
  1,
  new Uint8Array(32),
  new Uint8Array(16),
  new Uint8Array(32),
  new Uint8Array(32),
  u64(5),
  "a",
  "text/plain",
];
const withField = (index: number, field: Value): Uint8Array => any.encode(valid.map((other, i) => (i === index ? field : other)));

describe("a file reference", () => {
  test("survives bytes and text", () => {
    fc.assert(
      fc.property(references, (reference) => {
        expect(decodeFileReference(encodeFileReference(reference))).toEqual(reference);
        expect(parseFileReference(` ${formatFileReference(reference)}\n`)).toEqual(reference);
      }),
      seed,
    );
  });

  test("is small enough for any message", () => {
    const reference = { ...decodeFileReference(any.encode(valid)), name: "\u{1f600}".repeat(63), mime: "x".repeat(127), size: 2 ** 49 };
    expect(encodeFileReference(reference).length).toBeLessThan(560);
    expect(formatFileReference(reference).length).toBeLessThan(760);
  });

  test("M10: a later version is refused as such, whatever follows", () => {
    for (const rest of [[], [1, 2], valid.slice(1)]) {
      const later = any.encode([2, ...rest]);
      expect(() => decodeFileReference(later)).toThrow(expect.objectContaining({ code: "unsupported-version", retryable: false }));
    }
  });

  test("may carry further fields at its end, which are ignored", () => {
    expect(decodeFileReference(any.encode([...valid, 7, ["x"]]))).toEqual(decodeFileReference(any.encode(valid)));
  });

  test.each([
    ["no version", 0, "1"],
    ["version 0", 0, 0],
    ["a short owner", 1, new Uint8Array(31)],
    ["a short id", 2, new Uint8Array(15)],
    ["a long key", 3, new Uint8Array(33)],
    ["a short hash", 4, new Uint8Array(31)],
    ["a size above 2^49", 5, u64(2 ** 49 + 1)],
    ["a size above 2^53", 5, new Uint8Array(8).fill(255)],
    ["a size that is no u64", 5, 5],
    ["an empty name", 6, ""],
    ["a name of 256 bytes", 6, "é".repeat(128)],
    ["a line break in the name", 6, "a\nb"],
    ["an escape in the name", 6, "a\u001b[2Jb"],
    ["a C1 control in the name", 6, "a\u009bb"],
    ["an empty type", 7, ""],
    ["a type of 128 characters", 7, "x".repeat(128)],
    ["a type that is not ASCII", 7, "text/plään"],
    ["a tab in the type", 7, "text/plain\t"],
  ] as const)("with %s is refused", (_, index, field) => {
    expect(() => decodeFileReference(withField(index, field))).toThrow(
      expect.objectContaining({ code: "bad-reference", retryable: false }),
    );
  });

  test("is not encoded with what would be refused", () => {
    const reference = decodeFileReference(any.encode(valid));
    for (const wrong of [{ name: "" }, { mime: "é" }, { size: -1 }, { size: 2 ** 50 }, { owner: new Uint8Array(3) }]) {
      expect(() => encodeFileReference({ ...reference, ...wrong })).toThrow(expect.objectContaining({ code: "bad-reference" }));
    }
  });

  test("random and damaged bytes are a reference or a FileSharingError, and nothing else", () => {
    const encoded = any.encode(valid);
    const damaged = fc.tuple(fc.nat({ max: encoded.length - 1 }), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
      const copy = encoded.slice();
      copy[at] = (copy[at] as number) ^ by;
      return copy;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 1_100 }), damaged), (data) => {
        try {
          const reference = decodeFileReference(data);
          expect(encodeFileReference(reference).length).toBeLessThanOrEqual(data.length);
        } catch (error) {
          expect(error).toBeInstanceOf(FileSharingError);
        }
      }),
      { ...seed, numRuns: 1_000 },
    );
  });

  test("as text: each changed or missing character is found", () => {
    const line = formatFileReference(decodeFileReference(any.encode(valid)));
    const refused = (text: string): void => {
      expect(() => parseFileReference(text)).toThrow(expect.objectContaining({ code: "bad-reference" }));
    };
    for (let i = 0; i < line.length; i++) {
      refused(line.slice(0, i) + line.slice(i + 1));
      refused(`${line.slice(0, i)}${line[i] === "A" ? "B" : "A"}${line.slice(i + 1)}`);
    }
    for (const text of ["", "cweb-file:", "cweb:AAAA", `${line}A`, `${line} ${line}`, `cweb-file:${"A".repeat(5_000)}`]) refused(text);
  });

  test("shows its key nowhere by accident", () => {
    const reference = parseFileReference(formatFileReference(decodeFileReference(any.encode(valid))));
    expect(JSON.stringify(reference)).toContain("[secret, 32 bytes]");
    expect(`${reference.rootKey}`).toBe("[secret, 32 bytes]");
  });
});
