import { proveConditionalWrites } from "./conditional-writes.ts";
import type { ConformanceCase } from "./conformance.ts";
import { check, checkBytes, checkFails, conformanceCase, type Trial } from "./conformance-trial.ts";
import type { Path, Version } from "./port.ts";

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
  conformanceCase("the proof of conditional writes finds what is so", async ({ context }) => {
    const { absent, version } = await proveConditionalWrites(context);
    check(absent === context.conditionalWrites.absent, `"absent" was proved to be ${absent ? "honoured" : "not honoured"}.`);
    check(version === context.conditionalWrites.version, `A version was proved to be ${version ? "honoured" : "not honoured"}.`);
  }),
  conformanceCase("absent stores only where nothing is stored", async (trial) => {
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
  conformanceCase("a version stores only over that version", async (trial) => {
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
  conformanceCase("of several writers that count, none is lost", async (trial) => {
    if (!trial.context.conditionalWrites.version) return;
    const path = trial.path();
    await trial.store(path, new Uint8Array([0]));
    const countOne = async (): Promise<void> => {
      for (let tries = 0; tries < 200; tries++) {
        const { bytes, version } = await trial.found(path);
        const result = await trial.context.writer.write(path, new Uint8Array([(bytes[0] ?? 0) + 1]), { when: version });
        if (result.kind === "stored") return;
      }
      check(false, "A conditional write never won.");
    };
    await Promise.all(Array.from({ length: 5 }, () => countOne().then(countOne)));
    const total = (await trial.found(path)).bytes[0];
    check(total === 10, `Ten writers counted to ${total}.`);
  }),
];
