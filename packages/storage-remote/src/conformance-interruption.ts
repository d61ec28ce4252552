import { type ConformanceCase, check, checkAborted, checkBytes, inTrial, type Trial } from "./conformance-trial.ts";
import type { Path } from "./port.ts";

/** How many microtasks, then how many answers of the store, pass before the abort. */
const MOMENTS: readonly (readonly [microtasks: number, answers: number])[] = [
  [0, 0],
  [1, 0],
  [2, 0],
  [5, 0],
  [20, 0],
  [0, 1],
  [0, 2],
  [0, 4],
];

async function until(trial: Trial, [microtasks, answers]: readonly [number, number], other: Path): Promise<void> {
  for (let count = 0; count < microtasks; count++) await Promise.resolve();
  for (let count = 0; count < answers; count++) await trial.read(other);
}

/** Runs `action` and aborts it at each moment; it must end with success or with just the signal's reason. */
async function abortEverywhere(trial: Trial, action: (signal: AbortSignal) => Promise<unknown>, then: () => Promise<void>): Promise<void> {
  const other = trial.path();
  await trial.store(other, trial.random.bytes(10));
  for (const moment of MOMENTS) {
    const controller = new AbortController();
    const reason = new Error("aborted by the conformance suite");
    const ended = action(controller.signal).then(
      () => undefined,
      (error: unknown) => error,
    );
    await until(trial, moment, other);
    controller.abort(reason);
    const error = await ended;
    check(error === undefined || error === reason, "An aborted request must succeed or reject with the signal's own reason.");
    await then();
  }
}

export const interruptionCases: readonly ConformanceCase[] = [
  {
    name: "an aborted signal stops a request before it is sent",
    run: inTrial(async (trial) => {
      const { reader, writer, lister } = trial.context;
      const reason = new Error("aborted beforehand");
      const signal = AbortSignal.abort(reason);
      const path = trial.path();
      await checkAborted(reader.read(path, { maxBytes: 1, signal }), reason, "A read");
      await checkAborted(writer.write(path, new Uint8Array(1), { signal }), reason, "A write");
      await trial.missing(path, "An object whose write was aborted beforehand");
      const bytes = trial.random.bytes(8);
      await trial.store(path, bytes);
      await checkAborted(writer.remove(path, { signal }), reason, "A removal");
      checkBytes((await trial.found(path)).bytes, bytes, "An object whose removal was aborted beforehand");
      if (lister !== undefined) await checkAborted(lister.list({ limit: 1, signal }), reason, "A list");
    }),
  },
  {
    name: "a read aborted at any moment succeeds or rejects with the reason",
    run: inTrial(async (trial) => {
      const path = trial.path();
      const bytes = trial.random.bytes(200_000);
      await trial.store(path, bytes);
      const read = async (signal: AbortSignal): Promise<void> => {
        checkBytes((await trial.found(path, { signal })).bytes, bytes, "A read that ended before its abort");
      };
      await abortEverywhere(trial, read, async () => checkBytes((await trial.found(path)).bytes, bytes, "A read after an abort"));
    }),
  },
  {
    name: "a write aborted at any moment leaves the old object or the new",
    run: inTrial(async (trial) => {
      const path = trial.path();
      const contents = [new Uint8Array(200_000).fill(1), new Uint8Array(150_000).fill(2)] as const;
      await trial.store(path, contents[0]);
      let turn = 0;
      const write = (signal: AbortSignal): Promise<unknown> =>
        trial.context.writer.write(path, contents[++turn % 2 === 0 ? 0 : 1], { signal });
      await abortEverywhere(trial, write, async () => {
        const { bytes } = await trial.found(path);
        checkBytes(bytes, bytes[0] === 1 ? contents[0] : contents[1], "An object after an aborted write");
      });
    }),
  },
  {
    name: "a removal aborted at any moment happens or not",
    run: inTrial(async (trial) => {
      const path = trial.path();
      const bytes = trial.random.bytes(1000);
      const remove = async (signal: AbortSignal): Promise<void> => {
        await trial.context.writer.remove(path, { signal });
      };
      await trial.store(path, bytes);
      await abortEverywhere(trial, remove, async () => {
        const result = await trial.read(path);
        if (result.kind === "found") checkBytes(result.bytes, bytes, "An object after an aborted removal");
        // A removal that was cut off may still arrive: the next round's object is one of its own content.
        await trial.store(path, bytes);
      });
    }),
  },
];
