// `npm run bench -- [word…]`: runs the benchmarks whose file name holds one of the words, or all of them.
import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Benchmark, Report } from "./benchmark.ts";
import { interleave, type Stopwatch } from "./interleave.ts";
import { tableOf } from "./report.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const usualRounds = 7;

const watch: Stopwatch = {
  wall: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

async function runOne(bench: Benchmark): Promise<void> {
  const rounds = bench.rounds ?? usualRounds;
  console.log(`\n${bench.title} (medians of ${rounds} interleaved rounds)`);
  try {
    console.log(tableOf(bench.unit, await interleave(await bench.contestants(), rounds, watch)));
  } finally {
    await bench.close?.();
  }
}

async function print({ title, lines }: Report): Promise<void> {
  console.log(`\n${title}`);
  for await (const line of lines()) console.log(`  ${line}`);
}

interface Exported {
  readonly benches?: readonly Benchmark[];
  readonly reports?: readonly Report[];
}

async function main(words: readonly string[]): Promise<number> {
  const files = globSync("{packages,apps}/*/bench/*.bench.ts", { cwd: root }).sort();
  const chosen = files.filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
  if (chosen.length === 0) {
    const asked = words.length === 0 ? "There is no benchmark yet." : `No benchmark's file name holds ${words.join(" or ")}.`;
    console.error([asked, ...files].join("\n"));
    return 2;
  }
  console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
  for (const file of chosen) {
    console.log(`\n— ${file}`);
    const { benches = [], reports = [] }: Exported = await import(pathToFileURL(join(root, file)).href);
    for (const bench of benches) await runOne(bench);
    for (const report of reports) await print(report);
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
