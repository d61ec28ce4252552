// The checks of scripts/checks: each is first tried on samples of its own, so that none passes because it cannot fail.
import { readdirSync } from "node:fs";
import { readTexts, sampleWorkspace, workspaceOf } from "../workspace.mjs";

const folder = new URL("../checks/", import.meta.url);

async function allChecks() {
  const names = readdirSync(folder).filter((name) => name.endsWith(".mjs"));
  return Promise.all(names.map(async (name) => ({ id: name.slice(0, -4), ...(await import(new URL(name, folder).href)) })));
}

/** What is wrong with a check itself: a good sample that it refuses, a bad one that it lets pass. */
function selfTest({ findings, samples }) {
  const refused = samples.good.flatMap((sample) => findings(sampleWorkspace(sample)).map((one) => `refuses a good sample: ${one.message}`));
  const missed = samples.bad.filter((sample) => findings(sampleWorkspace(sample)).length === 0);
  return [...refused, ...missed.map((sample) => `lets a bad sample pass: ${JSON.stringify(sample)}`)];
}

/** The three longest files and the three most imported, so that what grows is seen before it is too large. */
function growth(workspace) {
  const files = workspace.packages.flatMap((one) => one.sources.filter((file) => file.area === "src"));
  const imported = new Map();
  for (const file of files)
    for (const [, name] of file.text.matchAll(/from "(?:\.\.?\/)+([^"]+)"/g)) {
      const key = `${file.path.split("/").slice(0, 2).join("/")} ${name.split("/").at(-1)}`;
      imported.set(key, (imported.get(key) ?? 0) + 1);
    }
  const longest = files.map((file) => [file.path, file.text.split("\n").length]);
  const top = (list) => [...list].sort((a, b) => b[1] - a[1]).slice(0, 3).map(([name, n]) => `${name} (${n})`).join(", "); // biome-ignore format: one line
  return [`longest: ${top(longest)}`, `most imported: ${top(imported)}`];
}

export const title = "sources: rows, drift, names, SPECs";

export async function run({ root }) {
  const workspace = workspaceOf(readTexts(root));
  const lines = [];
  let failed = 0;
  const checks = await allChecks();
  for (const check of checks) {
    const problems = [...selfTest(check), ...check.findings(workspace).map(({ path, line, message }) => `${path}:${line}: ${message}`)];
    if (problems.length === 0) continue;
    failed += 1;
    lines.push(`${check.id}: ${check.title}`, ...problems.map((one) => `  ${one}`));
  }
  return { passed: checks.length - failed, failed, output: lines.join("\n"), notes: growth(workspace) };
}
