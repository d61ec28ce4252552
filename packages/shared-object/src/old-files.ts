import { limits, times } from "./core/limits.ts";
import type { OwnedObject } from "./core/owned-object.ts";
import type { Clocks } from "./core/tended-object.ts";
import type { ObjectSteps } from "./object-steps.ts";
import { cancel } from "./options.ts";
import { recordNames, sweepRecord } from "./wire/own-records.ts";

/** Removes the files of large values that no record names any more. */
export class OldFiles {
  readonly #steps: ObjectSteps;

  constructor(steps: ObjectSteps) {
    this.#steps = steps;
  }

  /** Those of one object, a day after another value took their place. */
  async remove({ objectId, oldFiles, stored, newest }: OwnedObject, clocks: Clocks, signal: AbortSignal | undefined): Promise<void> {
    const { objects, options } = this.#steps;
    if (!options.files || stored.version !== newest.version) return;
    for (const { fileId } of oldFiles.filter(({ since }) => clocks.confirmedNow - since >= times.fileRetirement)) {
      await options.files.remove(fileId, cancel(signal));
      await options.mailbox.transact(
        { read: objects.reads(objectId) },
        (tx) => {
          const state = objects.get(tx, objectId)?.state;
          if (state) objects.put(tx, { ...state, oldFiles: state.oldFiles.filter((old) => old.fileId !== fileId) });
        },
        cancel(signal),
      );
    }
  }

  /** Once a day, those that a process left behind that died between storing a file and naming it: nobody has named them for a day. */
  async sweep(all: readonly OwnedObject[], clocks: Clocks, signal: AbortSignal | undefined): Promise<void> {
    const { files, mailbox } = this.#steps.options;
    if (!files?.list) return;
    const record = (await mailbox.load([recordNames.sweep], cancel(signal))).get(recordNames.sweep);
    const { sweptAt, unnamed } = record ? sweepRecord.decode(recordNames.sweep, record) : { sweptAt: 0, unnamed: [] };
    if (clocks.confirmedNow - sweptAt < times.fileRetirement && sweptAt - clocks.now < times.tickAhead) return;
    const named = new Set(all.flatMap(({ fileId, oldFiles }) => [fileId, ...oldFiles.map((old) => old.fileId)]));
    const found = (await files.list(cancel(signal))).filter((fileId) => !named.has(fileId)).slice(0, limits.oldFiles);
    for (const fileId of found.filter((fileId) => unnamed.includes(fileId))) await files.remove(fileId, cancel(signal));
    const next = { sweptAt: clocks.now, unnamed: found.filter((fileId) => !unnamed.includes(fileId)) };
    await mailbox.transact({}, (tx) => tx.put(recordNames.sweep, sweepRecord.encode(next)), cancel(signal));
  }
}
