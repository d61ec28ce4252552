// Each package has a README whose example is the one that runs, and each that is published has a SPEC.
import { exampleOf } from "../readme.mjs";

export const title = "each package has README (with one example that runs) and SPEC";

const parts = [/^#+ .*install/im, /^#+ .*error/im, /^#+ .*security/im];
const mostExampleLines = 45;

function inPackage(one) {
  const path = `${one.folder}/README.md`;
  if (!one.readme) return [{ path, line: 1, message: "is missing" }];
  if (one.isApp) return [];
  const found = parts
    .filter((part) => !part.test(one.readme))
    .map((part) => ({ path, line: 1, message: `lacks a section ${part.source}` }));
  const example = exampleOf(one.readme);
  if (!example) found.push({ path, line: 1, message: "lacks its one ```ts block that starts with `// example`" });
  else if (example.split("\n").length > mostExampleLines) found.push({ path, line: 1, message: "its example is too long to read" });
  if (!one.spec) found.push({ path: `${one.folder}/SPEC.md`, line: 1, message: "is missing" });
  return found;
}

export function findings(workspace) {
  return workspace.packages.filter((one) => one.isPublic || !one.isApp).flatMap(inPackage);
}

const readme = "# A\n## Install\n```ts\n// example\nconsole.log(1)\n```\n## Errors\n## Security\n";
export const samples = {
  good: [{ "packages/a/src/index.ts": "", "packages/a/README.md": readme, "packages/a/SPEC.md": "x" }],
  bad: [
    { "packages/a/src/index.ts": "", "packages/a/README.md": readme.replace("// example", "//"), "packages/a/SPEC.md": "x" },
    { "packages/a/src/index.ts": "", "packages/a/README.md": readme },
    { "packages/a/src/index.ts": "", "packages/a/SPEC.md": "x" },
  ],
};
