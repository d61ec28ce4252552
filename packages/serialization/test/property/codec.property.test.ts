import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codec, prescan, SerializationError, type Value, value } from "../../src/index.ts";

const any = codec(value, { maxBytes: 1 << 20 });
const scalar = fc.oneof(
  fc.constantFrom(null, true, false),
  fc.nat(0xffff_ffff),
  fc.constantFrom(0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff),
  fc.string({ unit: "binary", maxLength: 300 }).filter((text) => !text.startsWith("\ufeff") && !/\p{Surrogate}/u.test(text)),
  fc.uint8Array({ maxLength: 300 }),
);
const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof({ maxDepth: 7, depthSize: "small" }, scalar, fc.array(tie("value"), { maxLength: 20 })),
})).value;

/** Bytes that are often strict or nearly so: type bytes of every kind with short contents. */
const chunk = fc.oneof(
  fc.constantFrom(
    [0xc0],
    [0xc2],
    [0xc3],
    [0x91],
    [0x92],
    [0x93],
    [0xdc, 0, 16],
    [0xdc, 0, 1],
    [0xc1],
    [0x81],
    [0xd4, 0x72, 0x40],
    [0xca],
    [0xff],
  ),
  fc.nat(255).map((n) => [0xcc, n]),
  fc.nat(255).map((n) => [0xcd, n >> 4, n]),
  fc.uint8Array({ maxLength: 40 }).map((b) => [0xc4, b.length, ...b]),
  fc.uint8Array({ maxLength: 31 }).map((b) => [0xa0 + b.length, ...b]),
  fc.uint8Array({ maxLength: 40 }).map((b) => [0xd9, b.length, ...b]),
  fc.string({ unit: "binary", minLength: 12, maxLength: 40 }).map((s) => {
    const utf8 = new TextEncoder().encode(s);
    return [0xd9, utf8.length, ...utf8];
  }),
  fc.nat(255).map((n) => [n]),
);
const nearlyStrict = fc
  .tuple(fc.nat(15), fc.array(chunk, { maxLength: 15 }))
  .map(([, chunks]) => Uint8Array.from([0x90 + chunks.length, ...chunks.flat()]));

describe("every input", () => {
  test("prescan(x) implies that encoding the decoded x gives x", () => {
    let passed = 0;
    const check = (bytes: Uint8Array): void => {
      try {
        prescan(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(SerializationError);
        return;
      }
      passed++;
      expect(any.encode(any.decode(bytes))).toEqual(bytes);
    };
    fc.assert(fc.property(nearlyStrict, check), { numRuns: 6_000, seed: 1 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 24 }), check), { numRuns: 6_000, seed: 2 });
    expect(passed).toBeGreaterThan(500);
  });

  test("decoding encoded values gives them back", () => {
    fc.assert(
      fc.property(values, (input) => {
        expect(any.decode(any.encode(input))).toEqual(input);
      }),
      { numRuns: 2_000, seed: 3 },
    );
  });

  test("a changed byte gives another strict value or the typed error", () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.integer({ min: 1, max: 255 }), (input, position, flip) => {
        const bytes = any.encode(input);
        const at = position % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        try {
          expect(any.encode(any.decode(bytes))).toEqual(bytes);
        } catch (error) {
          if (!(error instanceof SerializationError)) throw error;
        }
      }),
      { numRuns: 3_000, seed: 4 },
    );
  });

  test("every scalar value of Unicode survives, in short and long strings", () => {
    const strings: string[] = [];
    for (let point = 0; point < 0x11_0000; point += 0x800) {
      let block = "x";
      for (let next = point; next < point + 0x800; next++) if (next < 0xd800 || next > 0xdfff) block += String.fromCodePoint(next);
      strings.push(block);
    }
    for (const block of strings) expect(any.decode(any.encode([block, block.slice(0, 11)]))).toEqual([block, block.slice(0, 11)]);
  });
});
