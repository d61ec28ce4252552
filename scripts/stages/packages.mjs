// Each package as its users get it: packed, linted by publint and attw, installed by plain npm into an empty folder with the tarballs of its
// workspace dependencies, imported, and its README's example type-checked and run there.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, inParallel } from "../command.mjs";
import { exampleOf } from "../readme.mjs";
import { readTexts, workspaceOf } from "../workspace.mjs";

export const title = "packages: packed, installed by npm, imported, README run";

const width = 2;

async function pack(one, root, shelf) {
  const folder = join(shelf, one.folder.replace("/", "-"));
  mkdirSync(folder, { recursive: true });
  const { code, output } = await command("pnpm", ["pack", "--pack-destination", folder], { cwd: join(root, one.folder) });
  const name = readdirSync(folder).find((file) => file.endsWith(".tgz"));
  if (code !== 0 || !name) throw new Error(`${one.name} cannot be packed:\n${output}`);
  return join(folder, name);
}

/** The package and all workspace packages that it needs, directly or not. */
function closure(one, workspace, seen = new Set()) {
  if (seen.has(one)) return seen;
  seen.add(one);
  for (const name of Object.keys(one.manifest.dependencies ?? {})) {
    const next = workspace.find(name);
    if (next) closure(next, workspace, seen);
  }
  return seen;
}

/** A program that imports every entry of the package and fails where one exports nothing. */
function importsOf(one) {
  const entries = Object.entries(one.manifest.publishConfig?.exports ?? {}).filter(([, target]) => typeof target === "object");
  const lines = entries.map(([name]) => {
    const specifier = JSON.stringify(`${one.name}${name.slice(1)}`);
    return `if (Object.keys(await import(${specifier})).length === 0) throw new Error("exports nothing: " + ${specifier});`;
  });
  return lines.join("\n");
}

/** needed: Map of package → its tarball. The overrides keep npm from asking a registry for siblings that lie in the next file. */
function writeProject(folder, one, needed) {
  const dependencies = Object.fromEntries([...needed].map(([each, tarball]) => [each.name, `file:${tarball}`]));
  const overrides = Object.fromEntries([...needed.keys()].map((each) => [each.name, `$${each.name}`]));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "blank", private: true, type: "module", dependencies, overrides }));
  writeFileSync(join(folder, "imports.mjs"), importsOf(one));
  const example = one.readme && exampleOf(one.readme);
  if (example) writeFileSync(join(folder, "example.ts"), `${example}\nexport {};\n`);
  return Boolean(example);
}

const compilerOptions = [
  "--noEmit",
  "--strict",
  "--skipLibCheck",
  "--target",
  "ES2023",
  "--lib",
  "ES2023,ESNext.Disposable,DOM,DOM.Iterable",
];
const moduleOptions = ["--module", "NodeNext", "--types", "node", "--allowImportingTsExtensions", "--ignoreConfig"];

async function inBlankFolder(one, needed, root) {
  const folder = mkdtempSync(join(tmpdir(), "cweb-blank-"));
  try {
    const hasExample = writeProject(folder, one, needed);
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
    const tsc = join(root, one.folder, "node_modules", ".bin", "tsc");
    const types = ["--typeRoots", join(root, "node_modules", "@types")];
    const steps = [
      ["installed by npm", "npm", ["install", ...flags]],
      ["imported", "node", ["imports.mjs"]],
      ...(hasExample ? [["README example type-checked", tsc, [...compilerOptions, ...moduleOptions, ...types, "example.ts"]]] : []),
      ...(hasExample ? [["README example run", "node", ["--disable-warning=ExperimentalWarning", "example.ts"]]] : []),
    ];
    const results = [];
    for (const [what, program, args] of steps) {
      const result = await command(program, args, { cwd: folder, seconds: 90 });
      const isSilent = what === "README example run" && result.output.trim() === "";
      results.push({ what, ok: result.code === 0 && !isSilent, output: isSilent ? "it prints nothing" : result.output });
      if (result.code !== 0 && what === "installed by npm") break;
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function linted(tarball, root) {
  const publint = await command("publint", ["run", tarball, "--strict"], { cwd: root });
  const attw = await command("attw", [tarball, "--profile", "esm-only", "--no-color"], { cwd: root });
  return [
    { what: "publint", ok: publint.code === 0, output: publint.output },
    { what: "attw", ok: attw.code === 0, output: attw.output },
  ];
}

export async function run({ root }) {
  const workspace = workspaceOf(readTexts(root));
  const packages = workspace.packages.filter((one) => one.isPublic);
  const shelf = mkdtempSync(join(tmpdir(), "cweb-packed-"));
  try {
    const paths = await inParallel(packages, width, (one) => pack(one, root, shelf));
    const tarballs = new Map(packages.map((one, index) => [one, paths[index]]));
    const perPackage = await inParallel(packages, width, async (one) => {
      const needed = new Map([...closure(one, workspace)].map((each) => [each, tarballs.get(each)]));
      const results = [...(await linted(tarballs.get(one), root)), ...(await inBlankFolder(one, needed, root))];
      return results.map((result) => ({ ...result, name: one.name }));
    });
    const results = perPackage.flat();
    const bad = results.filter((one) => !one.ok);
    const output = bad.map(({ name, what, output }) => `${name}: not ${what}\n${output.trimEnd()}`).join("\n\n");
    return { passed: results.length - bad.length, failed: bad.length, output };
  } finally {
    rmSync(shelf, { recursive: true, force: true });
  }
}
