// A SPEC's MUST is worth the test that proves it: each names one, `[test: NAME]`, and that test exists under that name.
import ts from "typescript";
import { walk } from "../syntax.mjs";

export const title = "each MUST of a SPEC names its test, and that test exists";

const isTestFile = (file) => file.area === "test" || /^src\/conformance/.test(file.inside);

/** "sends %s twice" and `sends ${n} twice` stand for all titles of that form. */
function pattern(title) {
  const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(
    `^${title
      .split(/%[a-z#]|\$\w+(?:\.\w+)*|\0/)
      .map(literal)
      .join(".+")}$`,
  );
}

function textOf(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join("\0");
  return undefined;
}

function titlesIn(file) {
  const titles = [];
  walk(file.ast, (node) => {
    if (ts.isCallExpression(node) && /^(test|it|describe)\b/.test(node.expression.getText()) && node.arguments[0])
      titles.push(textOf(node.arguments[0]));
    const isNamed = ts.isPropertyAssignment(node) && /^(name|title)$/.test(node.name.getText());
    if (isNamed) titles.push(textOf(node.initializer));
  });
  return titles.filter((one) => one !== undefined).map(pattern);
}

/** Paragraphs and list items with the line they start on: a MUST and its test stand in one of them. Code blocks are left out. */
export function blocksOf(markdown) {
  const blocks = [];
  let isCode = false;
  for (const [index, line] of markdown.split("\n").entries()) {
    if (/^\s*```/.test(line)) isCode = !isCode;
    const isStart = /^\s*([-*]|\d+\.|\|)\s?/.test(line) || line.trim() === "" || line.startsWith("#") || isCode;
    if (isStart || blocks.length === 0) blocks.push({ line: index + 1, text: isCode ? "" : line });
    else blocks.at(-1).text += ` ${line.trim()}`;
  }
  return blocks;
}

function inSpec(one, titles) {
  const path = `${one.folder}/SPEC.md`;
  return blocksOf(one.spec).flatMap(({ line, text }) => {
    const named = [...text.matchAll(/`\[test: (.+?)\]`/g)].map((match) => match[1]);
    const missing = named.filter((name) => !titles.some((title) => title.test(name)));
    const isBare = /\bMUST\b/.test(text) && named.length === 0 && !/RFC 2119|BCP 14/.test(text);
    return [
      ...missing.map((name) => ({ path, line, message: `no test is called "${name}"` })),
      ...(isBare ? [{ path, line, message: "this MUST names no test" }] : []),
    ];
  });
}

export function findings(workspace) {
  const titles = workspace.packages.flatMap((one) => one.sources.filter(isTestFile).flatMap(titlesIn));
  return workspace.packages.filter((one) => one.spec).flatMap((one) => inSpec(one, titles));
}

const tests = 'test("refuses trailing bytes", () => {}); test.each([1])("refuses %i bytes", () => {});';
export const samples = {
  good: [
    { "packages/a/test/x.test.ts": tests, "packages/a/SPEC.md": "- It MUST refuse trailing\n  bytes. `[test: refuses trailing bytes]`\n" },
    { "packages/a/test/x.test.ts": tests, "packages/a/SPEC.md": "MUST. `[test: refuses 7 bytes]`\n" },
  ],
  bad: [
    { "packages/a/test/x.test.ts": tests, "packages/a/SPEC.md": "It MUST refuse. `[test: accepts trailing bytes]`\n" },
    { "packages/a/test/x.test.ts": tests, "packages/a/SPEC.md": "It MUST refuse.\n\nAnd `[test: refuses trailing bytes]`\n" },
  ],
};
