import type { Path } from "@cweb/storage-remote";
import type { Evidence } from "./core/beacon.ts";

export interface Stored {
  readonly path: Path;
  readonly tag?: string;
}

/** `rolled-back`: the bucket holds what a state of this home stored that this state does not know. `failed`: the storage's failure. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "rolled-back"; readonly evidence: Evidence }
  | { readonly kind: "failed"; readonly cause: unknown };

export const done: Outcome = { kind: "done" };

/** The first that matters of several that ran side by side: what happened to the state, before what happened to the network. */
export function worst(outcomes: readonly Outcome[]): Outcome {
  return outcomes.find(({ kind }) => kind === "rolled-back") ?? outcomes.find(({ kind }) => kind === "failed") ?? done;
}

/** Waits for all, also after one has failed: nothing of this process may be under way when the next flush begins. */
export async function settled(all: readonly Promise<Outcome>[]): Promise<readonly Outcome[]> {
  return Promise.all(all.map((one) => one.catch((cause: unknown): Outcome => ({ kind: "failed", cause }))));
}

export const report = (path: Path, tag: string | null): Stored => (tag === null ? { path } : { path, tag });
