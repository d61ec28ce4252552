#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that an old one gets a sentence instead of a syntax error.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  console.error(`cweb-s3 needs Node 22.13 or newer; this is ${process.version}.`);
  process.exit(1);
}
// Standard error is for problems: Node 22 and 23 would speak of SQLite, which they have as an experiment, on each start.
const { emitWarning } = process;
process.emitWarning = (warning, ...more) => {
  if (!String(warning).startsWith("SQLite is an experimental feature")) emitWarning(warning, ...more);
};
const { run } = await import("../dist/main.js");
process.exitCode = await run(process.argv.slice(2));
