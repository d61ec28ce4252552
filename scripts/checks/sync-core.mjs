// A step of the pure core cannot interleave with another: src/core knows no async, no await, no Promise.
import ts from "typescript";
import { finding, librarySources, walk } from "../syntax.mjs";

export const title = "src/core and src/wire are synchronous";

function isAsync(node) {
  if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) return true;
  return ts.isIdentifier(node) && /^(Promise|PromiseLike|AsyncIterable|AsyncGenerator)$/.test(node.text);
}

export function findings(workspace) {
  return librarySources(workspace)
    .filter((file) => /^src\/(core|wire)\//.test(file.inside))
    .flatMap((file) => {
      const found = [];
      walk(file.ast, (node) => {
        if (isAsync(node)) found.push(finding(file, node, `${node.getText()}: the core is synchronous`));
      });
      return found;
    });
}

export const samples = {
  good: [
    { "packages/a/src/core/x.ts": "export function step(): number { return 1; }", "packages/a/src/y.ts": "export async function f() {}" },
  ],
  bad: [
    { "packages/a/src/core/x.ts": "export async function step() {}" },
    { "packages/a/src/core/x.ts": "export function step(): Promise<void> { return g(); }" },
  ],
};
