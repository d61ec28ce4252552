// architecture.md, "The rows": an import only ever goes to a lower row, but for the arrows.
import { finding, importsOf, packageOf } from "../syntax.mjs";

export const title = "imports go down the rows";

/** Neighbours in one row that may be imported: a → b. */
const arrows = new Map([
  ["@cweb/broadcast", ["@cweb/discovery", "@cweb/mailbox"]],
  ["@cweb/discovery", ["@cweb/mailbox"]],
  ["@cweb/shared-object", ["@cweb/file-sharing"]],
]);
/** The server stands outside of the rows: it imports no sibling; commands and tests may start it. */
const server = "@cweb/s3-server";

function refusal(from, to, file) {
  if (from.name === server) return "imports no other @cweb package";
  if (to === undefined) return "is no package of this repository";
  if (to.name === server)
    return from.isApp || file === undefined || file.area !== "src" ? undefined : "stands outside of the rows: only apps and tests";
  if (to.isApp) return "is an app: nothing imports it";
  if (from.row === undefined || to.row === undefined) return "has no cweb.row in its package.json";
  if (to.row < from.row || arrows.get(from.name)?.includes(to.name)) return undefined;
  return `stands in row ${to.row}, not below row ${from.row}`;
}

function inSources(workspace, from) {
  return from.sources.flatMap((file) =>
    importsOf(file)
      .map((one) => ({ ...one, name: packageOf(one.specifier) }))
      .filter((one) => one.name?.startsWith("@cweb/") && one.name !== from.name)
      .map((one) => ({ one, why: refusal(from, workspace.find(one.name), file) }))
      .filter(({ why }) => why)
      .map(({ one, why }) => finding(file, one.node, `${from.name} → ${one.name}: ${one.name} ${why}`)),
  );
}

function inManifest(workspace, from) {
  const { dependencies, devDependencies, peerDependencies, optionalDependencies } = from.manifest;
  return Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies, ...optionalDependencies })
    .filter((name) => name.startsWith("@cweb/") && name !== from.name)
    .map((name) => ({ name, why: refusal(from, workspace.find(name), undefined) }))
    .filter(({ why }) => why)
    .map(({ name, why }) => ({ path: `${from.folder}/package.json`, line: 1, message: `${from.name} → ${name}: ${name} ${why}` }));
}

export function findings(workspace) {
  return workspace.packages.flatMap((from) => [...inSources(workspace, from), ...inManifest(workspace, from)]);
}

const manifest = (name, row, dependencies = {}) => ({ name: `@cweb/${name}`, cweb: { row }, dependencies });
export const samples = {
  good: [
    {
      "packages/crypto/package.json": manifest("crypto", 0),
      "packages/session/package.json": manifest("session", 3, { "@cweb/crypto": "*" }),
      "packages/session/src/a.ts": 'import { x } from "@cweb/crypto/testing";',
    },
    {
      "packages/mailbox/package.json": manifest("mailbox", 2),
      "packages/discovery/package.json": manifest("discovery", 2, { "@cweb/mailbox": "*" }),
    },
  ],
  bad: [
    {
      "packages/crypto/package.json": manifest("crypto", 0),
      "packages/session/package.json": manifest("session", 3),
      "packages/crypto/src/a.ts": 'export { x } from "@cweb/session";',
    },
    {
      "packages/mailbox/package.json": manifest("mailbox", 2, { "@cweb/discovery": "*" }),
      "packages/discovery/package.json": manifest("discovery", 2),
    },
    {
      "packages/crypto/package.json": manifest("crypto", 0),
      "packages/s3-server/package.json": manifest("s3-server", undefined),
      "packages/s3-server/src/a.ts": 'const x = await import("@cweb/crypto");',
    },
  ],
};
