import type { Random } from "@cweb/crypto";
import type { ConditionalWrites } from "./conditional-writes.ts";
import { conditionCases } from "./conformance-conditions.ts";
import { interruptionCases } from "./conformance-interruption.ts";
import { objectCases } from "./conformance-objects.ts";
import type { RemoteLister, RemoteReader, RemoteWriter } from "./port.ts";

/** The back-end under test. `reader` and `writer` are of one bucket, which may hold other objects. */
export interface ConformanceContext {
  readonly reader: RemoteReader;
  readonly writer: RemoteWriter;
  readonly lister?: RemoteLister;
  readonly random: Random;
  /** What the store is known to honour: the proof must find just this. */
  readonly conditionalWrites: ConditionalWrites;
}

export interface ConformanceCase {
  readonly name: string;
  /** Resolves where the back-end passes; rejects with a sentence that says what it did wrong. Removes what it wrote. */
  readonly run: (context: ConformanceContext) => Promise<void>;
}

/**
 * What every back-end must pass. Without a framework: for vitest, `test.each(conformanceCases)("$name", ({ run }) =>
 * run(context))`.
 */
export const conformanceCases: readonly ConformanceCase[] = [...objectCases, ...conditionCases, ...interruptionCases];
