import { expect, test } from "vitest";
import { byEffort } from "../support/effort.ts";
import { type Event, History } from "../support/history.ts";

const event = (what: Event["what"], who = 0): Event => ({ what, who, n: 6, crash: 0 });

/** Each kind of step, once with all that can be due. */
const story: readonly Event[] = [
  event("update"),
  event("share"),
  event("flush"),
  event("round"),
  event("update"),
  event("share", 1),
  event("flush"),
  event("round", 1),
  event("lose"),
  event("unshare"),
  event("flush"),
  event("round"),
  event("remove"),
  event("flush"),
  event("round", 1),
];

/** Runs the story; at one of its events the process dies at its `call`-th port call. Answers whether it did. */
async function survive(at: number, call: number): Promise<boolean> {
  const history = new History(1, 2);
  const dying = story.map((one, i) => (i === at ? { ...one, n: call % 2 === 0 ? 6 : 3, crash: call } : one));
  await history.run(dying);
  await history.settle();
  history.expectNothingElse();
  history.expectOneRecordAVersion();
  expect(await history.alarms()).toEqual([]);
  return history.crashes > 0;
}

/** Not every call of every event where time is short: other ones at each event. */
const stride: number = byEffort(11, 7, 1);

test.each(story.map(({ what }, i) => [i, what] as const))(
  "M13: event %i (%s) survives the death of its process at a port call",
  async (at) => {
    let deaths = 0;
    for (let call = 1 + (at % Math.min(stride, 5)); await survive(at, call); call += stride) deaths++;
    expect(deaths).toBeGreaterThan(0);
  },
);
