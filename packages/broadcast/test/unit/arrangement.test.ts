import { seededRandom } from "@cweb/crypto/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arrange, entriesFor, nextCapacity, shuffled } from "../../src/core/arrangement.ts";
import { day } from "../support/home.ts";

describe("capacity", () => {
  test("is the least power of two from 4 to 64 that holds what is wanted", () => {
    expect([0, 1, 4, 5, 8, 9, 33, 64, 65, 1_000].map(entriesFor)).toEqual([4, 4, 4, 8, 8, 16, 64, 64, 64, 64]);
  });

  test("grows at once and halves after 28 days in which half would have done", () => {
    let capacity = nextCapacity({ entries: 4, roomySince: null }, 9, 0);
    expect(capacity).toEqual({ entries: 16, roomySince: null });
    capacity = nextCapacity(capacity, 2, day);
    expect(capacity).toEqual({ entries: 16, roomySince: day });
    expect(nextCapacity(capacity, 2, 29 * day - 1)).toEqual(capacity);
    expect(nextCapacity(capacity, 12, 20 * day)).toEqual({ entries: 16, roomySince: null });
    capacity = nextCapacity(capacity, 2, 29 * day);
    expect(capacity).toEqual({ entries: 8, roomySince: 29 * day });
    expect(nextCapacity(capacity, 2, 57 * day)).toEqual({ entries: 4, roomySince: null });
    expect(nextCapacity(capacity, 2, day)).toEqual({ entries: 8, roomySince: day });
  });
});

test("of more than 64 entries in a slot the newest wait", () => {
  const entries = Array.from({ length: 70 }, (_, i) => ({ slot: 1, madeAt: (i * 37) % 70 }));
  const { slots, waiting, fullest } = arrange([...entries, { slot: 2, madeAt: 500 }]);
  expect(fullest).toBe(70);
  expect(slots.get(1)).toHaveLength(64);
  expect(slots.get(2)).toHaveLength(1);
  expect(waiting.map(({ madeAt }) => madeAt)).toEqual([64, 65, 66, 67, 68, 69]);
});

test("a drawn order loses nothing and favours no place", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 64 }), fc.nat(), (items, seed) => {
      expect([...shuffled(items, seededRandom(seed))].sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
    }),
    { seed: 1, numRuns: 100 },
  );
  const random = seededRandom(3);
  const counts = new Map<number, number>();
  for (let i = 0; i < 4_000; i++) {
    const place = shuffled([0, 1, 2, 3], random).indexOf(0);
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  for (const place of [0, 1, 2, 3]) expect(Math.abs((counts.get(place) ?? 0) - 1_000)).toBeLessThan(165);
});
