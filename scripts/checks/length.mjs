// architecture.md, rule of thumb 1: a file is about 300 lines at most, a function about 40. "About" is a tenth here. An exception
// carries its reason: a comment `// long: why` in the file's first lines, or right above the function.
import ts from "typescript";
import { finding, librarySources, lineOf, walk } from "../syntax.mjs";

export const title = "files of about 300 lines, functions of about 40";

const mostFile = 330;
const mostFunction = 44;

function tooLongFile(file) {
  const lines = file.text.trimEnd().split("\n");
  if (lines.length <= mostFile || lines.slice(0, 12).some((line) => line.includes("long: "))) return [];
  return [finding(file, undefined, `${lines.length} lines`)];
}

function isExcused(file, node) {
  const lines = file.text.split("\n");
  const first = lineOf(file, node) - 1;
  return lines.slice(Math.max(0, first - 3), first).some((line) => line.includes("long: "));
}

function linesOf(file, node) {
  return file.ast.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(file, node);
}

/** A function's own lines: those of the functions that it holds are counted for them. */
function ownLines(file, node) {
  let inner = 0;
  const visit = (child) => {
    if (ts.isFunctionLike(child) && child.body) inner += linesOf(file, child) - 1;
    else ts.forEachChild(child, visit);
  };
  ts.forEachChild(node, visit);
  return linesOf(file, node) - inner;
}

function tooLongFunctions(file) {
  const found = [];
  walk(file.ast, (node) => {
    if (!ts.isFunctionLike(node) || !node.body) return;
    const length = ownLines(file, node);
    if (length > mostFunction && !isExcused(file, node))
      found.push(finding(file, node, `${node.name?.getText() ?? "a function"}: ${length} lines of its own`));
  });
  return found;
}

export function findings(workspace) {
  return librarySources(workspace).flatMap((file) => [...tooLongFile(file), ...tooLongFunctions(file)]);
}

const long = "\n".repeat(400);
export const samples = {
  good: [
    { "packages/a/src/x.ts": "export function f(): void {\n}\n" },
    { "packages/a/src/x.ts": `// long: one table\n${long}const x = 1;` },
    { "packages/a/src/x.ts": `// long: one switch over all kinds\nfunction f() {${"\n".repeat(50)}}` },
  ],
  bad: [{ "packages/a/src/x.ts": `${long}const x = 1;` }, { "packages/a/src/x.ts": `function f() {${"\n".repeat(50)}}` }],
};
