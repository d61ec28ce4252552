import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunkLength, contentLength, countAt, entriesOf, geometryOf, padme, placeOf } from "../../src/core/geometry.ts";
import { limits } from "../../src/core/limits.ts";

const sizes = fc.oneof(
  fc.nat({ max: 100_000 }),
  fc.maxSafeNat().map((n) => n % (limits.size + 1)),
);
const seed = { seed: 3, numRuns: 500 };

describe("Padmé", () => {
  test("pads to at least 4,096, to a value that stays, and by at most 6.3 %", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const padded = padme(size);
        expect(padded).toBeGreaterThanOrEqual(Math.max(size, 4_096));
        expect(padme(padded)).toBe(padded);
        if (size >= 4_096) expect(padded / size).toBeLessThanOrEqual(1.0625);
      }),
      seed,
    );
  });

  test("is the function of the paper", () => {
    // floor(log2 L) = E, S = floor(log2 E) + 1, the last E - S bits are zero.
    expect([0, 1, 4_096, 4_097, 5_000, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 2 ** 30 + 1].map(padme)).toEqual([
      4_096,
      4_096,
      4_096,
      4_352,
      5_120,
      2 ** 20,
      2 ** 20,
      2 ** 20 + 2 ** 15,
      2 ** 30 + 2 ** 25,
    ]);
  });

  test("shows few sizes: at most 32 for each doubling up to 2^31, 64 above", () => {
    const seen = new Set<number>();
    for (let size = 2 ** 16 + 1; size <= 2 ** 17; size += 7) seen.add(padme(size));
    expect(seen.size).toBe(32);
  });
});

describe("the tree of a file", () => {
  test("has chunks that cover the padded size and entries that cover the objects below", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 20, max: 23 }), (size, log2) => {
        const geometry = geometryOf(size, log2);
        const { totalChunks, depth, paddedSize } = geometry;
        const last = totalChunks - 1;
        expect(last * 2 ** log2 + chunkLength(geometry, last)).toBe(paddedSize);
        expect(chunkLength(geometry, last)).toBeGreaterThan(0);
        expect(depth).toBeGreaterThanOrEqual(1);
        expect(depth).toBeLessThanOrEqual(limits.depth);
        expect(countAt(geometry, depth)).toBe(1);
        for (let level = 1; level <= depth; level++) {
          const pages = countAt(geometry, level);
          const below = (pages - 1) * limits.fanout + entriesOf(geometry, level, pages - 1);
          expect(below).toBe(countAt(geometry, level - 1));
          expect(entriesOf(geometry, level, pages - 1)).toBeGreaterThan(0);
        }
        // No level could be left out.
        if (depth > 1) expect(countAt(geometry, depth - 1)).toBeGreaterThan(1);
      }),
      seed,
    );
  });

  test("holds each byte of the content once", () => {
    fc.assert(
      fc.property(fc.nat({ max: 40_000 }), fc.integer({ min: 10, max: 13 }), (size, log2) => {
        const geometry = geometryOf(size, log2);
        let sum = 0;
        for (let i = 0; i < geometry.totalChunks; i++) {
          expect(contentLength(geometry, i)).toBeLessThanOrEqual(chunkLength(geometry, i));
          sum += contentLength(geometry, i);
        }
        expect(sum).toBe(size);
      }),
      seed,
    );
  });

  test.each([
    [960 * 1_024, 960, 1],
    [960 * 1_024 + 1, 976, 2],
    [0, 4, 1],
    [4_097, 5, 1],
  ])("of %i bytes in chunks of 1 KiB has %i chunks and depth %i", (size, chunks, depth) => {
    expect(geometryOf(size, 10)).toMatchObject({ totalChunks: chunks, depth });
  });

  test("finds each chunk's page and place", () => {
    expect(placeOf(1, 961)).toEqual({ page: 1, place: 1 });
    expect(placeOf(2, 961)).toEqual({ page: 0, place: 1 });
    expect(placeOf(3, 960 ** 2 * 5 + 960 * 7 + 3)).toEqual({ page: 0, place: 5 });
    expect(placeOf(2, 960 ** 2 * 5 + 960 * 7 + 3)).toEqual({ page: 5, place: 7 });
    expect(placeOf(1, 960 ** 2 * 5 + 960 * 7 + 3)).toEqual({ page: 5 * 960 + 7, place: 3 });
  });

  test("of 512 TiB is the largest, and has three levels", () => {
    expect(geometryOf(2 ** 49, 20).depth).toBe(3);
    expect(geometryOf(2 ** 49, 23).depth).toBe(3);
    expect(() => geometryOf(2 ** 49 + 1, 23)).toThrow(expect.objectContaining({ code: "too-large" }));
    expect(() => geometryOf(2 ** 42, 10)).toThrow(expect.objectContaining({ code: "too-large" }));
  });
});
