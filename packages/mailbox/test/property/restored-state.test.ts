import { seededRandom } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { byEffort } from "../support/effort.ts";
import { type Operation, operations, RestoredHome } from "../support/restored-home.ts";

/** What is wrong after these operations; `undefined` where one of them is not possible. */
async function problemsAfter(sequence: readonly Operation[]): Promise<readonly string[] | undefined> {
  const home = new RestoredHome();
  for (const operation of sequence) if (!(await home.run(operation))) return undefined;
  if ((await home.alarms()) > home.restores) home.problems.push("a restored state was reported where there was none");
  return home.problems;
}

const extend = (sequences: readonly (readonly Operation[])[]): readonly (readonly Operation[])[] =>
  sequences.flatMap((sequence) => operations.map((operation) => [...sequence, operation]));

describe("a restored old state", () => {
  test.each([
    ["one message behind", ["birth0", "backup", "send0", "restore0", "send0"]],
    ["a message in the outbox", ["birth0", "queue0", "backup", "restart", "send0", "restore0", "send0"]],
    ["a whole chain behind", ["rewrite", "backup", "birth0", "send0", "restore0", "birth0"]],
    ["behind a deletion", ["birth0", "backup", "send0", "delete0", "delete0", "restore0", "send0"]],
    ["a guarded object behind", ["touch", "backup", "touch", "restore0", "touch"]],
    ["another branch", ["birth0", "backup", "send0", "backup", "restore0", "send0", "birth0", "restore1", "send0"]],
    ["the first branch again", ["birth0", "backup", "send0", "restore0", "send0", "birth0", "send0", "restore0", "send0"]],
  ] as const)("is noticed before anything new is sent: %s", async (_, sequence) => {
    const home = new RestoredHome();
    for (const operation of sequence) expect(await home.run(operation), operation).toBe(true);
    expect(home.problems).toEqual([]);
    expect(await home.alarms()).toBe(1);
  });

  test("with nothing lost is not reported", async () => {
    const home = new RestoredHome();
    for (const operation of [
      "birth0",
      "send0",
      "touch",
      "backup",
      "restart",
      "restore0",
      "send0",
      "touch",
      "rewrite",
      "delete0",
    ] as const) {
      expect(await home.run(operation), operation).toBe(true);
    }
    expect(home.problems).toEqual([]);
    expect(await home.alarms()).toBe(0);
  });

  test("is noticed before anything new is sent, after every sequence of operations", { timeout: 3_600_000 }, async () => {
    let sequences: readonly (readonly Operation[])[] = [["birth0", "send0", "backup"]];
    const bad: unknown[] = [];
    for (let length = 0; length < byEffort(2, 3, 5) && bad.length === 0; length++) {
      const possible: (readonly Operation[])[] = [];
      for (const sequence of extend(sequences)) {
        const problems = await problemsAfter(sequence);
        if (problems) possible.push(sequence);
        if (problems && problems.length > 0) bad.push({ sequence, problems });
      }
      sequences = possible;
    }
    expect(bad).toEqual([]);
    expect(sequences.length).toBeGreaterThan(50);
  });

  test("is noticed before anything new is sent, after random operations", { timeout: 3_600_000 }, async () => {
    const random = seededRandom(2);
    for (let n = 0; n < byEffort(40, 300, 20_000); n++) {
      const isStill = n % 2 === 0;
      const home = new RestoredHome({ isStill });
      const sequence: Operation[] = [];
      for (const byte of random.bytes(6 + (n % 30))) {
        const operation = operations[byte % operations.length] as Operation;
        if (await home.run(operation)) sequence.push(operation);
      }
      expect({ sequence, problems: home.problems }).toEqual({ sequence, problems: [] });
      // Where no time passes, a guarded object may show that the lost state had come further than its beacon says.
      expect(await home.alarms(), sequence.join(" ")).toBeLessThanOrEqual(home.restores * (isStill ? 2 : 1));
    }
  });
});
