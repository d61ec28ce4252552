// What src imports must be installed with the package; what tests import must at least be declared.
import { finding, importsOf, packageOf } from "../syntax.mjs";

export const title = "every import is a declared dependency";

function declared(manifest, root, file) {
  const shipped = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
  const isShipped = !manifest.private && (file.area === "src" || file.area === "bin");
  return new Set(Object.keys(isShipped ? shipped : { ...shipped, ...manifest.devDependencies, ...root.devDependencies }));
}

export function findings(workspace) {
  const root = JSON.parse(workspace.texts.get("package.json") ?? "{}");
  return workspace.packages.flatMap((from) =>
    from.sources.flatMap((file) => {
      const names = declared(from.manifest, root, file);
      return importsOf(file)
        .map((one) => ({ ...one, name: packageOf(one.specifier) }))
        .filter(({ name }) => name && name !== from.name && !names.has(name))
        .map(({ node, name }) => finding(file, node, `${name} is not in the dependencies of ${from.folder}/package.json`));
    }),
  );
}

const manifest = { name: "@cweb/a", dependencies: { idb: "1" }, devDependencies: { dev: "1" } };
export const samples = {
  good: [
    {
      "packages/a/package.json": manifest,
      "packages/a/src/x.ts": 'import { openDB } from "idb/with-async-ittr"; import { y } from "./y.ts"; import fs from "node:fs";',
      "packages/a/test/x.test.ts": 'import "dev";',
    },
  ],
  bad: [
    { "packages/a/package.json": manifest, "packages/a/src/x.ts": 'import "dev";' },
    { "packages/a/package.json": manifest, "packages/a/test/x.test.ts": 'import "unheard-of";' },
  ],
};
