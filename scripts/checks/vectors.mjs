// Vectors are for other implementations: each file is used by a test here as well, and where a package makes its own, the program that made
// them lies beside them.
import { basename } from "node:path";

export const title = "vectors are used by tests, and come with their generator";

function inPackage(workspace, one) {
  const folder = `${one.folder}/vectors/`;
  const paths = [...workspace.texts.keys()].filter((path) => path.startsWith(folder) && path.endsWith(".json"));
  if (paths.length === 0) return [];
  const tests = one.sources.filter((file) => file.area === "test").map((file) => file.text);
  const isUsed = (path) => tests.some((text) => text.includes(basename(path)) || text.includes(basename(path, ".json")));
  const unused = paths.filter((path) => !isUsed(path)).map((path) => ({ path, line: 1, message: "no test uses it" }));
  const hasGenerator = one.sources.some((file) => /^vectors\/generate\.m?[tj]s$/.test(file.inside));
  return hasGenerator ? unused : [...unused, { path: folder, line: 1, message: "generate.ts is missing" }];
}

export function findings(workspace) {
  return workspace.packages.filter((one) => !one.isApp).flatMap((one) => inPackage(workspace, one));
}

const files = { "packages/a/vectors/seal.json": "{}", "packages/a/test/v.test.ts": 'import v from "../vectors/seal.json";' };
export const samples = {
  good: [{ ...files, "packages/a/vectors/generate.ts": "" }],
  bad: [files, { ...files, "packages/a/vectors/generate.ts": "", "packages/a/vectors/name.json": "{}" }],
};
