import { proveConditionalWrites } from "./conditional-writes.ts";
import { type ConformanceCase, check, checkBytes, checkFails, inTrial, type Trial } from "./conformance-trial.ts";
import type { Path, Version } from "./port.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

/** Writes where the store may not know the condition: then it must say so, or is one that is known to ignore it. */
async function refusedOr(trial: Trial, path: Path, when: "absent" | Version, honoured: boolean): Promise<string> {
  const write = trial.context.writer.write(path, trial.random.bytes(20), { when });
  if (honoured) return (await write).kind;
  const result = await write.catch(async (error: unknown) => {
    await checkFails(Promise.reject(error), "unsupported", "A condition that the store does not know");
    return { kind: "unsupported" };
  });
  return result.kind;
}

export const conditionCases: readonly ConformanceCase[] = [
  {
    name: "the proof of conditional writes finds what is so",
    run: inTrial(async ({ context }) => {
      const { absent, version } = await proveConditionalWrites(context);
      check(absent === context.conditionalWrites.absent, `"absent" was proved to be ${absent ? "honoured" : "not honoured"}.`);
      check(version === context.conditionalWrites.version, `A version was proved to be ${version ? "honoured" : "not honoured"}.`);
    }),
  },
  {
    name: "absent stores only where nothing is stored",
    run: inTrial(async (trial) => {
      const { absent } = trial.context.conditionalWrites;
      const path = trial.path();
      const kind = await refusedOr(trial, path, "absent", absent);
      check(!absent || kind === "stored", "A first write was refused.");
      const bytes = trial.random.bytes(20);
      await trial.store(path, bytes);
      const again = await refusedOr(trial, path, "absent", absent);
      check(!absent || again === "conflict", "A second write was not refused.");
      if (again !== "stored") checkBytes((await trial.found(path)).bytes, bytes, "An object after a refused write");
    }),
  },
  {
    name: "a version stores only over that version",
    run: inTrial(async (trial) => {
      const { version } = trial.context.conditionalWrites;
      const path = trial.path();
      const first = await trial.store(path, trial.random.bytes(20));
      const kind = await refusedOr(trial, path, first, version);
      check(!version || kind === "stored", "A write over the stored version was refused.");
      const bytes = trial.random.bytes(20);
      await trial.store(path, bytes);
      const late = await refusedOr(trial, path, first, version);
      check(!version || late === "conflict", "A write over an old version was not refused.");
      if (late !== "stored") checkBytes((await trial.found(path)).bytes, bytes, "An object after a refused write");
    }),
  },
  {
    name: "of several writers that add to an object, none is lost",
    run: inTrial(async (trial) => {
      if (!trial.context.conditionalWrites.version) return;
      const path = trial.path();
      await trial.store(path, new Uint8Array());
      const marks = Array.from({ length: 10 }, (_, index) => index + 1);
      await Promise.all(marks.map((mark) => addMark(trial, path, mark)));
      const { bytes } = await trial.found(path);
      check([...bytes].sort((a, b) => a - b).join() === marks.join(), "A conditional write overwrote another.");
    }),
  },
];

/** Adds one byte by conditional writes. A store may fail under the contention: then it is read whether the byte is in. */
async function addMark(trial: Trial, path: Path, mark: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { bytes, version } = await trial.found(path);
    if (bytes.includes(mark)) return;
    const write = trial.context.writer.write(path, new Uint8Array([...bytes, mark]), { when: version });
    const result = await write.catch((error: unknown) => {
      if (error instanceof StorageRemoteError && error.retryable) return undefined;
      throw error;
    });
    if (result?.kind === "stored") return;
  }
  check(false, "A conditional write never won.");
}
