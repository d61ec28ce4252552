import fc from "fast-check";
import { expect, test } from "vitest";
import { byEffort } from "../support/effort.ts";
import { type Event, History } from "../support/history.ts";

const seed = 20_261_121;
/** Of each kind; all that a few seconds allow. */
const runs: number = byEffort(5, 20, 1_500);
const usual: readonly Event["what"][] = [
  "update",
  "update",
  "share",
  "share",
  "unshare",
  "flush",
  "flush",
  "round",
  "round",
  "round",
  "wait",
  "restart",
];
const rare: readonly Event["what"][] = ["remove", "lose"];
const restoring: readonly Event["what"][] = ["backup", "restore"];
const lying: readonly Event["what"][] = ["rollBack", "honest"];

function events(what: readonly Event["what"][], crashes: boolean): fc.Arbitrary<readonly Event[]> {
  const event = fc.record({
    what: fc.constantFrom(...what),
    who: fc.nat({ max: 2 }),
    n: fc.nat({ max: 11 }),
    crash: crashes
      ? fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }) })
      : fc.constant(0),
  });
  return fc.array(event, { minLength: 10, maxLength: 30, size: "max" });
}

const check = (
  what: readonly Event["what"][],
  crashes: boolean,
  numRuns: number,
  after: (history: History) => Promise<void>,
): Promise<void> =>
  fc.assert(
    fc.asyncProperty(events(what, crashes), async (schedule) => {
      const history = new History(1);
      await history.run([{ what: "update", who: 0, n: 0, crash: 0 }, ...schedule]);
      await history.settle();
      history.expectNothingElse();
      history.expectOneRecordAVersion();
      await after(history);
    }),
    { seed, numRuns },
  );

test("M12: over random lives of objects, readers end with what their owner means them to see, and can read nothing else", () =>
  check([...usual, ...rare], false, runs, async (history) => {
    expect(await history.alarms()).toEqual([]);
  }));

test("the same with processes that die at any port call", () =>
  check([...usual, ...rare], true, runs, async (history) => {
    expect(await history.alarms()).toEqual([]);
  }));

test("M13: the same with an owner's home that is restored from backups: no version is ever two records", () =>
  check([...usual, ...restoring], true, runs, async (history) => {
    expect(await history.alarms()).toEqual([]);
  }));

test("M18: the same with stores that show old states: nothing is shown that was not meant, nothing goes back", () =>
  check([...usual, ...rare, ...lying], true, runs, async () => undefined));
