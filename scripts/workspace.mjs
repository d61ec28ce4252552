// A picture of the repository for the checks: its packages, their manifests and their texts. It is made from a plain map of
// path → text, so that a check can be tried on a made-up repository as well as on this one.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";

const ignored = new Set(["node_modules", "dist", ".turbo", "coverage"]);
const wanted = /\.(ts|tsx|mts|mjs|md|json)$/;

/** Reads every text of packages/, apps/ and README.md below root, as a map of path → text. */
export function readTexts(root) {
  const texts = new Map();
  const visit = (path) => {
    if (!existsSync(join(root, path))) return;
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const child = posix.join(path, entry.name);
      if (entry.isDirectory() && !ignored.has(entry.name)) visit(child);
      else if (entry.isFile() && wanted.test(entry.name)) texts.set(child, readFileSync(join(root, child), "utf8"));
    }
  };
  for (const top of ["packages", "apps"]) visit(top);
  if (existsSync(join(root, "README.md"))) texts.set("README.md", readFileSync(join(root, "README.md"), "utf8"));
  texts.set("package.json", readFileSync(join(root, "package.json"), "utf8"));
  return texts;
}

function sourceFile(path, folder, text) {
  const inside = path.slice(folder.length + 1);
  let ast;
  return {
    path,
    /** Path inside the package, such as src/core/chain.ts. */
    inside,
    /** First folder inside the package: src, test, bench, vectors, bin, or "" for its root. */
    area: inside.includes("/") ? inside.slice(0, inside.indexOf("/")) : "",
    text,
    get ast() {
      ast ??= ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, path.endsWith("x") ? ts.ScriptKind.TSX : undefined);
      return ast;
    },
  };
}

function packageAt(folder, texts) {
  const manifest = JSON.parse(texts.get(`${folder}/package.json`));
  const isApp = folder.startsWith("apps/");
  const own = [...texts].filter(([path]) => path.startsWith(`${folder}/`));
  return {
    name: manifest.name,
    folder,
    manifest,
    isApp,
    isPublic: !manifest.private,
    /** Apps stand above every package. A package without a row (s3-server) stands outside of the rows. */
    row: isApp ? 7 : manifest.cweb?.row,
    sources: own.filter(([path]) => /\.(ts|tsx|mts|mjs)$/.test(path)).map(([path, text]) => sourceFile(path, folder, text)),
    readme: texts.get(`${folder}/README.md`),
    spec: texts.get(`${folder}/SPEC.md`),
  };
}

/** texts: map of path → text. Answers { packages, texts, find(name) }. */
export function workspaceOf(texts) {
  const folders = [...texts.keys()].map((path) => /^((?:packages|apps)\/[^/]+)\/package\.json$/.exec(path)?.[1]).filter(Boolean);
  const packages = folders.sort().map((folder) => packageAt(folder, texts));
  return { packages, texts, find: (name) => packages.find((one) => one.name === name) };
}

/** A made-up repository for a check's own samples: { "packages/a/src/x.ts": text }; manifests that are missing are filled in. */
export function sampleWorkspace(files) {
  const texts = new Map(Object.entries(files).map(([path, text]) => [path, typeof text === "string" ? text : JSON.stringify(text)]));
  for (const path of [...texts.keys()]) {
    const folder = /^((?:packages|apps)\/[^/]+)\//.exec(path)?.[1];
    if (folder && !texts.has(`${folder}/package.json`)) {
      const exports = { ".": { "@cweb/source": "./src/index.ts" } };
      texts.set(`${folder}/package.json`, JSON.stringify({ name: `@cweb/${posix.basename(folder)}`, cweb: { row: 0 }, exports }));
    }
  }
  return workspaceOf(texts);
}
