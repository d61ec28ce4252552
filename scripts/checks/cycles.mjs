// Two files that import each other are one file in two halves. Types count too: a cycle of types is a mutual dependency.
import { importsOf, resolveRelative } from "../syntax.mjs";

export const title = "no circular imports between files";

function graphOf(workspace) {
  const files = workspace.packages.flatMap((one) => one.sources);
  const known = new Set(files.map((file) => file.path));
  const targets = (file) =>
    importsOf(file)
      .filter(({ specifier }) => specifier.startsWith("."))
      .map(({ specifier }) => resolveRelative(file, specifier))
      .filter((path) => known.has(path));
  return new Map(files.map((file) => [file.path, targets(file)]));
}

/** Depth first; a target that is still on the trail closes a cycle. */
function cyclesIn(graph) {
  const done = new Set();
  const cycles = [];
  const visit = (path, trail) => {
    if (trail.includes(path)) return cycles.push([...trail.slice(trail.indexOf(path)), path]);
    if (done.has(path)) return undefined;
    for (const next of graph.get(path)) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}

export function findings(workspace) {
  return cyclesIn(graphOf(workspace)).map((cycle) => ({ path: cycle[0], line: 1, message: `circular: ${cycle.join(" → ")}` }));
}

export const samples = {
  good: [{ "packages/a/src/x.ts": 'import "./y.ts";', "packages/a/src/y.ts": 'import "./z.ts";', "packages/a/src/z.ts": "" }],
  bad: [
    { "packages/a/src/x.ts": 'import "./y.ts";', "packages/a/src/y.ts": 'import type { X } from "./x.ts";' },
    { "packages/a/src/x.ts": 'export { y } from "./core/y.ts";', "packages/a/src/core/y.ts": 'import("../x.ts");' },
  ],
};
