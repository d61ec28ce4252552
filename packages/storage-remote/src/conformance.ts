import { conditionCases } from "./conformance-conditions.ts";
import { interruptionCases } from "./conformance-interruption.ts";
import { objectCases } from "./conformance-objects.ts";
import type { ConformanceCase } from "./conformance-trial.ts";

export type { ConformanceCase, ConformanceContext } from "./conformance-trial.ts";

/**
 * What every back-end must pass. Without a framework: for vitest, `test.each(conformanceCases)("$name", ({ run }) =>
 * run(context))`.
 */
export const conformanceCases: readonly ConformanceCase[] = [...objectCases, ...conditionCases, ...interruptionCases];
