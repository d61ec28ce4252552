import type { CipherSuite } from "@cweb/crypto";
import { expect, test } from "vitest";
import { blocks } from "./runs.ts";
import { randomSchedule } from "./schedule.ts";

/** Tests over seeded histories; a violation names its seed. */
export function testHistories(
  title: string,
  options: { count: number; size: number; from: number; crypto: () => CipherSuite; length?: number },
): void {
  const { count, size, from, crypto, length } = options;
  test.each(blocks(count, size, from))(
    `${title}: seeds %i to %i`,
    (first, last) => {
      const violations: string[] = [];
      for (let seed = first; seed < last; seed++) {
        for (const violation of randomSchedule(seed, crypto(), length).violations) violations.push(`${seed}: ${violation}`);
      }
      expect(violations).toEqual([]);
    },
    240_000,
  );
}
