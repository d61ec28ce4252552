import { describe, expect, test } from "vitest";
import { interleave, median, type Stopwatch } from "../../src/interleave.ts";
import { tableOf } from "../../src/report.ts";

/** A stopwatch that stands still but when work moves it on. */
function virtualWatch(): Stopwatch & { work(ms: number): void } {
  let now = 0;
  return {
    wall: () => now,
    cpu: () => now / 2,
    work: (ms) => {
      now += ms;
    },
  };
}

describe("interleaved rounds", () => {
  test("take turns, every other round in reverse, the first one not counted", async () => {
    const watch = virtualWatch();
    const turns: string[] = [];
    const contestant = (name: string) => () => {
      turns.push(name);
      watch.work(1);
      return 1;
    };
    await interleave({ a: contestant("a"), b: contestant("b") }, 2, watch);
    expect(turns.join("")).toBe("abbaab");
  });

  test("answer the rate, the CPU a unit and the ratio to the first", async () => {
    const watch = virtualWatch();
    const doing = (ms: number, units: number) => () => {
      watch.work(ms);
      return units;
    };
    const figures = await interleave({ slow: doing(10, 10), fast: doing(5, 10) }, 3, watch);
    expect(figures).toEqual([
      { name: "slow", rate: 1000, cpu: 500, ratio: 1 },
      { name: "fast", rate: 2000, cpu: 250, ratio: 2 },
    ]);
  });

  test("take what a contestant measured by itself", async () => {
    const peaks = [900, 30, 50, 40];
    const own = () => ({ units: 10, wall: 20, cpu: 5, peak: peaks.shift() ?? 0 });
    const [figure] = await interleave({ own }, 3, virtualWatch());
    expect(figure).toEqual({ name: "own", rate: 500, cpu: 500, ratio: 1, peak: 50 });
  });

  test("compare within a round, so that a slow minute of the machine cancels out", async () => {
    const watch = virtualWatch();
    let rounds = 0;
    const load = () => 1 + Math.floor(rounds / 2);
    const doing = (ms: number) => () => {
      watch.work(ms * load());
      rounds += 1;
      return 1;
    };
    const [, second] = await interleave({ a: doing(4), b: doing(2) }, 5, watch);
    expect(second?.ratio).toBe(2);
  });

  test("take the middle value, or the mean of the middle two", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
    expect(median([])).toBeNaN();
  });
});

describe("the table", () => {
  test("has a row a contestant, numbers ending in one column", () => {
    const table = tableOf("messages", [
      { name: "noble", rate: 1234.5, cpu: 810, ratio: 1 },
      { name: "native provider", rate: 21.25, cpu: 12345, ratio: 0.017 },
    ]);
    const lines = table.split("\n");
    expect(lines.map((line) => line.length)).toEqual([lines[0]?.length, lines[0]?.length, lines[0]?.length]);
    expect(table).toContain("1 235");
    expect(table).toContain("21.3   0.02");
  });

  test("shows memory where contestants measured it", () => {
    const figure = { rate: 1, cpu: 1, ratio: 1 };
    const lines = tableOf("MiB", [
      { name: "a", ...figure, peak: 123.4 },
      { name: "b", ...figure },
    ]).split("\n");
    expect(lines[0]).toMatch(/peak MiB$/);
    expect(lines[1]).toMatch(/ 123$/);
    expect(lines[2]).not.toMatch(/123/);
  });
});
