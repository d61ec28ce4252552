// An entry file is a table of contents: named exports of its own package, nothing else.
import ts from "typescript";
import { finding, librarySources, packageOf, walk } from "../syntax.mjs";

export const title = "index.ts only exports; no default exports; nothing of another package is exported again";

function inIndex(statement) {
  if (!ts.isExportDeclaration(statement)) return "an index.ts only exports";
  if (!statement.moduleSpecifier && statement.exportClause?.elements.length === 0) return undefined;
  if (!statement.exportClause || !ts.isNamedExports(statement.exportClause)) return "export by name, not by *";
  return undefined;
}

function inAny(node) {
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && packageOf(node.moduleSpecifier.text))
    return `do not export ${node.moduleSpecifier.text} again: its users import it themselves`;
  if (ts.isExportAssignment(node)) return "no default exports";
  const isDefault = ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((one) => one.kind === ts.SyntaxKind.DefaultKeyword);
  return isDefault ? "no default exports" : undefined;
}

function inFile(file) {
  const found = [];
  if (/(^|\/)index\.ts$/.test(file.inside))
    for (const statement of file.ast.statements) {
      const why = inIndex(statement);
      if (why) found.push(finding(file, statement, why));
    }
  walk(file.ast, (node) => {
    const why = inAny(node);
    if (why) found.push(finding(file, node, why));
  });
  return found;
}

export function findings(workspace) {
  return librarySources(workspace).flatMap(inFile);
}

export const samples = {
  good: [
    { "packages/a/src/index.ts": 'export type { T } from "./t.ts"; export { x } from "./x.ts";' },
    { "packages/a/src/index.ts": "export {};" },
  ],
  bad: [
    { "packages/a/src/index.ts": 'export * from "./x.ts";' },
    { "packages/a/src/index.ts": "export const x = 1;" },
    { "packages/a/src/x.ts": 'export { sha256 } from "@noble/hashes/sha2.js";' },
    { "packages/a/src/x.ts": "export default function f() {}" },
  ],
};
