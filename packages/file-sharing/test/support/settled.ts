import type { VirtualClock } from "@cweb/crypto/testing";

/** Lets everything run that can run without time passing. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}

/** Moves time on in steps of `step` ms until `promise` settles; answers how much time that took. */
export async function until(promise: Promise<unknown>, clock: VirtualClock, step = 50): Promise<number> {
  const before = clock.now();
  let isSettled = false;
  const mark = (): void => {
    isSettled = true;
  };
  promise.then(mark, mark);
  for (let turn = 0; turn < 100_000; turn++) {
    await settled();
    if (isSettled) return clock.now() - before;
    clock.advance(step);
  }
  throw new Error("the promise never settled");
}
