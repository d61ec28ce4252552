// Every test that is there runs. A test that needs what a machine may lack says so by skipIf or runIf, and is counted as skipped.
import ts from "typescript";
import { finding, walk } from "../syntax.mjs";

export const title = "no test is skipped, put off or run alone for good";

function isShunned(node) {
  if (!ts.isPropertyAccessExpression(node) || !/^(skip|only|todo|fails)$/.test(node.name.text)) return false;
  return /^(test|it|describe)\b/.test(node.expression.getText());
}

export function findings(workspace) {
  const files = workspace.packages.flatMap((one) => one.sources.filter((file) => file.area === "test"));
  return files.flatMap((file) => {
    const found = [];
    walk(file.ast, (node) => {
      if (isShunned(node)) found.push(finding(file, node, node.getText()));
    });
    return found;
  });
}

export const samples = {
  good: [{ "packages/a/test/x.test.ts": 'test.skipIf(!radosgw)("x", () => {}); fc.skip(); test.each([1])("y", () => {});' }],
  bad: [
    { "packages/a/test/x.test.ts": 'test.only("x", () => {});' },
    { "packages/a/test/x.test.ts": 'describe.skip("x", () => {});' },
    { "packages/a/test/x.test.ts": 'test.concurrent.todo("x");' },
  ],
};
