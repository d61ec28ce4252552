// Hidden global state: two peers in one process, or a package loaded twice, must not meet in a module's variable.
import ts from "typescript";
import { finding, isEdge, librarySources } from "../syntax.mjs";

export const title = "no mutable state at module level";

const collection = /^(Map|Set|WeakMap|WeakSet|Array)$/;
const readonlyType = /^(Readonly(Map|Set|Array)?<|readonly )/;

function isMutable(declaration) {
  const { initializer, type } = declaration;
  if (!initializer || (type && readonlyType.test(type.getText()))) return false;
  if (ts.isNewExpression(initializer)) return collection.test(initializer.expression.getText());
  return ts.isArrayLiteralExpression(initializer);
}

function inStatement(file, statement) {
  if (!ts.isVariableStatement(statement) || statement.modifiers?.some((one) => one.kind === ts.SyntaxKind.DeclareKeyword)) return [];
  const { declarationList } = statement;
  if (!(declarationList.flags & ts.NodeFlags.Const)) return [finding(file, statement, "module-level let or var")];
  return declarationList.declarations
    .filter(isMutable)
    .map((one) =>
      finding(file, one, `${one.name.getText()}: say ReadonlyMap, ReadonlySet, readonly [] or as const, or keep it in an instance`),
    );
}

export function findings(workspace) {
  return librarySources(workspace)
    .filter((file) => !isEdge(file))
    .flatMap((file) => file.ast.statements.flatMap((statement) => inStatement(file, statement)));
}

export const samples = {
  good: [
    { "packages/a/src/x.ts": "const kinds: ReadonlyMap<number, string> = new Map(); export const sizes = [1, 2] as const;" },
    { "packages/a/src/x.ts": "export function f(): void { let n = 0; n += 1; }" },
  ],
  bad: [
    { "packages/a/src/x.ts": "let instances = 0;" },
    { "packages/a/src/x.ts": "const cache = new Map<string, number>();" },
    { "packages/a/src/x.ts": "export const listeners: string[] = [];" },
  ],
};
