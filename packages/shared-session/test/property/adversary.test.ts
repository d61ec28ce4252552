import { cipherSuite } from "@cweb/crypto";
import { describe, expect, test } from "vitest";
import { adversarySchedule } from "../support/adversary.ts";
import { blocks } from "../support/runs.ts";
import { stubSuite } from "../support/stub-suite.ts";

describe.each([
  ["stub", 60, () => stubSuite()],
  ["real", 5, () => cipherSuite],
] as const)(
  "while every store drops, delays, duplicates, rolls back, forks and alters three in ten of its objects (%s cryptography)",
  (_, count, crypto) => {
    test.each(blocks(count, 20, 1))(
      "M5, M18: all have the same messages in the same order, or report whose store withholds one: seeds %i to %i",
      (first, last) => {
        const violations: string[] = [];
        for (let seed = first; seed < last; seed++) {
          const { world, violations: found } = adversarySchedule(seed, crypto());
          for (const violation of found) violations.push(`${seed}: ${violation}`);
          const sent = new Set(world.homes.flatMap(({ index }) => world.written(index)));
          const shown = world.homes.flatMap(({ index }) => (world.has(index) ? world.view(index) : []));
          if (shown.some(({ id }) => !sent.has(id))) violations.push(`${seed}: shown and never sent`);
        }
        expect(violations).toEqual([]);
      },
      240_000,
    );
  },
);
