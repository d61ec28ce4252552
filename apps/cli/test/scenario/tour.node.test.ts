import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("the tour of npm start ends by itself, shows both views, and a file that survives kills", () => {
  const script = new URL("../../../../scripts/tour.mjs", import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--once"], { encoding: "utf8", timeout: 220_000 });
  expect([status, stderr]).toEqual([0, ""]);
  for (const words of ["Meet at the", "Bringing", "Delivered to ben", "GET", "PUT", "None of the words above"])
    expect(stdout).toContain(words);
  for (const words of ["shares no profile with you", "Killed (kill -9)", "Shared film.mp4", "the hashes agree"])
    expect(stdout).toContain(words);
  const [, twice = "none"] = /(\d+)\s+of\s+62\s+chunks\./.exec(stdout) ?? [];
  expect(Number(twice)).toBeLessThanOrEqual(8);
  expect(stdout.split("\n").filter((line) => [...line].length > 80)).toEqual([]);
}, 240_000);
