import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { command } from "../command.mjs";

export const title = "tests in Node and in Chromium";

/** The files that take longest, so that the whole stays a matter of minutes. */
function slowest(results, root) {
  const took = results.map(({ name, startTime, endTime }) => [name.slice(root.length + 1), (endTime - startTime) / 1000]);
  const top = took.sort((a, b) => b[1] - a[1]).slice(0, 3);
  return `slowest: ${top.map(([name, seconds]) => `${name} (${seconds.toFixed(1)} s)`).join(", ")}`;
}

export async function run({ root }) {
  const report = join(root, "node_modules", ".cache", "vitest.json");
  rmSync(report, { force: true });
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { code, output } = await command("vitest", args, { cwd: root, seconds: 900 });
  if (!existsSync(report)) return { passed: 0, failed: 1, output };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  // A file that cannot be loaded, or a rejection that nobody awaits, fails the run without failing any test.
  const failed = numFailedTests || (code === 0 ? 0 : 1);
  const notes = output.split("\n").filter((line) => line.includes("left out"));
  return {
    passed: numPassedTests,
    failed,
    skipped: numPendingTests + (numTodoTests ?? 0),
    output,
    notes: [...new Set(notes), slowest(testResults, root)],
  };
}
