type Sqlite = typeof import("node:sqlite");

/**
 * node:sqlite. Node 22 and 23 print an ExperimentalWarning when it is first loaded, which users of a command line would take
 * for a fault; it alone is left out, and only during this synchronous call.
 */
export function loadSqlite(): Sqlite {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 24) return process.getBuiltinModule("node:sqlite");
  const { emitWarning } = process;
  process.emitWarning = ((...args: Parameters<typeof emitWarning>): void => {
    if (!String(args[0]).startsWith("SQLite is an experimental feature")) emitWarning(...args);
  }) as typeof emitWarning;
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
