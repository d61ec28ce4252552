import type { Context } from "../context.ts";

export type Run = (context: Context) => Promise<number>;

/** Set by the command that was named; commands are loaded when they run, so that each starts fast. */
export type Choose = (run: Run) => void;
