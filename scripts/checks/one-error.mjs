// Rule of thumb 4: one typed error class a package, with a code, whether it is worth another try, and the cause. A class that no entry
// exports is the package's own business; so is what ./testing throws.
import ts from "typescript";
import { finding, isExported, walk } from "../syntax.mjs";

export const title = "one typed error class a package: code, retryable, cause";

/** The names that the package's entries export. */
function exportedNames(one) {
  const entries = Object.entries(one.manifest.exports ?? {}).filter(([name]) => name !== "./testing");
  const paths = new Set(entries.map(([, target]) => target["@cweb/source"]?.slice(2)));
  const names = new Set();
  for (const file of one.sources.filter(({ inside }) => paths.has(inside)))
    for (const statement of file.ast.statements) {
      if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause))
        for (const element of statement.exportClause.elements) names.add((element.propertyName ?? element.name).text);
      if (isExported(statement) && statement.name) names.add(statement.name.text);
    }
  return names;
}

function errorClasses(one) {
  const names = exportedNames(one);
  const found = [];
  for (const file of one.sources.filter(({ area }) => area === "src"))
    walk(file.ast, (node) => {
      const parent = ts.isClassLike(node) && node.heritageClauses?.find((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword);
      if (parent && names.has(node.name?.text) && /Error$/.test(parent.types[0].expression.getText())) found.push({ file, node });
    });
  return found;
}

export function findings(workspace) {
  return workspace.packages
    .filter((one) => !one.isApp)
    .flatMap((one) => {
      const classes = errorClasses(one);
      const extra = classes.slice(1).map(({ file, node }) => finding(file, node, `a second error class in ${one.name}`));
      const lacking = classes
        .slice(0, 1)
        .flatMap(({ file, node }) =>
          ["code", "retryable", "cause"]
            .filter((word) => !new RegExp(`\\b${word}\\b`).test(node.getText()))
            .map((word) => finding(file, node, `${node.name?.text} has no ${word}`)),
        );
      return [...extra, ...lacking];
    });
}

const good = "export class AError extends Error { code; retryable; constructor(m, o) { super(m, { cause: o.cause }); } }";
const entry = { "packages/a/src/index.ts": 'export { AError } from "./x.ts"; export { BError } from "./y.ts";' };
export const samples = {
  good: [
    { ...entry, "packages/a/src/x.ts": good },
    { ...entry, "packages/a/src/x.ts": `${good} class Inner extends Error {}` },
  ],
  bad: [
    { ...entry, "packages/a/src/x.ts": good, "packages/a/src/y.ts": "export class BError extends Error { }" },
    { ...entry, "packages/a/src/x.ts": "export class AError extends Error { code = 1; }" },
  ],
};
