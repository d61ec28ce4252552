import { expect, test } from "vitest";
import { randomSchedule } from "../support/schedule.ts";
import { stubSuite } from "../support/stub-suite.ts";

test("every random history of a room ends well", () => {
  const from = Number(process.env.FROM ?? 1),
    count = Number(process.env.COUNT ?? 20);
  const bad: Record<string, number[]> = {};
  const start = performance.now();
  for (let seed = from; seed < from + count; seed++) {
    let violations: readonly string[];
    try {
      violations = randomSchedule(seed, stubSuite()).violations;
    } catch (e) {
      violations = [`throw ${(e as Error).message} ${(e as Error).stack?.split("\n").slice(1, 4).join(" | ")}`];
    }
    for (const v of violations) (bad[v] ??= []).push(seed);
  }
  console.log((performance.now() - start) / count, "ms each");
  for (const [k, v] of Object.entries(bad)) console.log(k, v.length, v.slice(0, 8));
  expect(bad).toEqual({});
}, 600000);
