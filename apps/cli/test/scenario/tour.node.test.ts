import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("the tour of npm start ends by itself and shows both views", () => {
  const script = new URL("../../../../scripts/tour.mjs", import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--once"], { encoding: "utf8", timeout: 100_000 });
  expect([status, stderr]).toEqual([0, ""]);
  for (const words of ["Meet at the", "Bringing", "Delivered to ben", "GET", "PUT", "None of the words above"])
    expect(stdout).toContain(words);
  expect(stdout.split("\n").filter((line) => [...line].length > 80)).toEqual([]);
}, 120_000);
