// Rule of thumb 5: clock, timers, randomness, environment and console only through a port, so that a test can hold them still. The
// places that may touch the real ones are called system-*.ts, or are a command's own main.
import ts from "typescript";
import { finding, importsOf, isEdge, librarySources, walk } from "../syntax.mjs";

export const title = "no clock, timer, randomness, environment or console outside of system-*.ts";

const names = new Set(["setTimeout", "setInterval", "setImmediate", "requestAnimationFrame", "performance", "console", "localStorage"]);
const members = new Set([
  "Date.now",
  "Math.random",
  "process.env",
  "process.hrtime",
  "AbortSignal.timeout",
  "crypto.getRandomValues",
  "crypto.randomUUID",
  "globalThis.setTimeout",
  "globalThis.crypto",
]);
const randomness = new Set(["getRandomValues", "randomBytes", "randomFillSync", "randomFill", "randomInt", "randomUUID"]);
const modules = /^node:(timers|timers\/promises|perf_hooks)$/;

function isReference(node) {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
  if (ts.isPropertySignature(parent) || ts.isMethodSignature(parent) || ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent))
    return parent.name !== node;
  return true;
}

function offence(node) {
  if (ts.isPropertyAccessExpression(node) && (members.has(node.getText()) || randomness.has(node.name.text))) return node.getText();
  if (ts.isIdentifier(node) && (names.has(node.text) || randomness.has(node.text)) && isReference(node)) return node.text;
  if (ts.isNewExpression(node) && node.expression.getText() === "Date" && !node.arguments?.length) return "new Date()";
  return undefined;
}

export function findings(workspace) {
  return librarySources(workspace)
    .filter((file) => !isEdge(file))
    .flatMap((file) => {
      const found = importsOf(file)
        .filter(({ specifier }) => modules.test(specifier))
        .map(({ node, specifier }) => finding(file, node, `${specifier}: take a Clock`));
      walk(file.ast, (node) => {
        const what = offence(node);
        if (what) found.push(finding(file, node, `${what}: take it through a port`));
      });
      return found;
    });
}

export const samples = {
  good: [
    { "packages/a/src/system-clock.ts": "export const now = () => Date.now();" },
    { "packages/a/src/x.ts": "export const at = (clock) => new Date(clock.now()); // Date.now is banned" },
    { "apps/a/src/x.ts": "console.log(process.env.HOME)" },
  ],
  bad: [
    { "packages/a/src/x.ts": "export const at = () => Date.now();" },
    { "packages/a/src/x.ts": "export const at = () => new Date();" },
    { "packages/a/src/x.ts": "setTimeout(() => {}, 1);" },
    { "packages/a/src/x.ts": "globalThis.crypto.getRandomValues(x);" },
    { "packages/a/src/x.ts": 'import { randomBytes } from "node:crypto"; randomBytes(1);' },
    { "packages/a/src/x.ts": "console.warn(1);" },
    { "packages/a/src/x.ts": 'import { setTimeout as wait } from "node:timers/promises";' },
    { "packages/a/src/x.ts": "export const home = process.env.HOME;" },
  ],
};
