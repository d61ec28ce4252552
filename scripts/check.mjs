// Everything that `npm test` checks, in order. A stage that fails is shown whole, and the next one runs all the same.
// `npm test -- lint sources` runs only the stages named. The last line adds up: vitest's tests, and one for each other check.
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");
const order = ["build", "lint", "sources", "unused", "docs", "size", "packages", "readme", "tests"];
/** What is packed, bundled or started is what was built: without a build these would only repeat its failure. */
const needBuild = new Set(["size", "packages", "readme"]);

function chosen(names) {
  const unknown = names.filter((name) => !order.includes(name));
  if (unknown.length === 0) return names.length === 0 ? order : order.filter((name) => names.includes(name));
  console.error(`No stage is called ${unknown.join(", ")}. There are: ${order.join(", ")}.`);
  process.exit(2);
}

async function runStage(name) {
  const stage = await import(`./stages/${name}.mjs`);
  const start = performance.now();
  const result = await stage.run({ root }).catch((error) => ({ passed: 0, failed: 1, output: error.stack }));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const counts = `${result.passed} passed${result.failed ? `, ${result.failed} failed` : ""}${result.skipped ? `, ${result.skipped} skipped` : ""}`;
  console.log(`${result.failed ? "✗" : "✓"} ${stage.title}: ${counts} (${seconds} s)`);
  for (const note of result.notes ?? []) console.log(`    ${note}`);
  if (result.failed) console.log(`\n${result.output.trimEnd()}\n`);
  return { skipped: 0, ...result };
}

const total = { passed: 0, failed: 0, skipped: 0 };
let isBuilt = true;
const start = performance.now();
process.chdir(root);
for (const name of chosen(process.argv.slice(2))) {
  if (!isBuilt && needBuild.has(name)) {
    console.log(`– ${name}: not tried, since the build failed`);
    total.failed += 1;
    continue;
  }
  const { passed, failed, skipped } = await runStage(name);
  if (name === "build") isBuilt = failed === 0;
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}
console.log(`${((performance.now() - start) / 1000).toFixed(0)} s in all`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
