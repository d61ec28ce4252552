import fc from "fast-check";
import { describe, test } from "vitest";
import { isBrowser, runs } from "../support/runs.ts";
import { type TrialOptions, tryOut } from "../support/trial.ts";

const limit = 600_000;

/** Random schedules of one sort: fast-check draws the seeds, so that a failure names the one to try again. */
async function schedules(count: number, seed: number, options: TrialOptions): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.nat(1_000_000), async (seed) => {
      await tryOut(seed, options);
    }),
    { ...runs(count, seed), endOnFailure: true },
  );
}

describe("conversations under random schedules", () => {
  test("honest stores: everything arrives once and in order", { timeout: limit }, () => schedules(5, 1, { isOrdered: true }));
  test("crashes at any port call", { timeout: limit }, () => schedules(6, 2, { crashes: 20 }));
  test("restored old states on both sides", { timeout: limit }, () => schedules(6, 4, { restores: 8, crashes: 5 }));
  test("messages of a layer above, with crashes, restored states, removals and losses", { timeout: limit }, () =>
    schedules(5, 10, { isLayered: true, crashes: 12, restores: 3, removes: 3, loses: 3 }),
  );
  test("three peers and everything at once", { timeout: limit }, () =>
    schedules(3, 8, { peers: 3, crashes: 6, loses: 3, delays: 6, restores: 3, removes: 3, outages: 3, replays: 5 }),
  );
});

// The same code runs in browsers; these schedules are long, and one place is enough for them.
if (!isBrowser) {
  describe("conversations under random schedules, one trouble at a time", () => {
    // A name that is never shown again is given up after 30 active days: a long way in virtual time.
    test("objects altered or withheld for ever", { timeout: limit }, () => schedules(1, 9, { corrupts: 4, withholds: 3 }));
    test("objects that are lost or late", { timeout: limit }, () => schedules(4, 3, { loses: 8, delays: 8 }));
    test("contacts removed and added again", { timeout: limit }, () => schedules(5, 5, { removes: 8 }));
    test("clocks that jump", { timeout: limit }, () => schedules(4, 6, { clockJumps: 10, restores: 3 }));
    test("outages, and old slots and descriptors shown again", { timeout: limit }, () => schedules(4, 7, { outages: 6, replays: 20 }));
  });
}
