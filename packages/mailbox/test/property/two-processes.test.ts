import { seededRandom } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { byEffort, effort } from "../support/effort.ts";
import { minute } from "../support/home.ts";
import { type Budget, exhaust, sample } from "../support/search.ts";
import { acknowledge, change, type Line, send, twoProcesses } from "../support/two-processes.ts";

/** One event of any kind; or a late request, and a death or a switch of processes besides; with enough time any two. */
const one: Budget = { switch: 1, late: 1, timeOut: 1, crash: 1, expire: 1, total: 1 };
const two: Budget = { switch: 1, late: 1, timeOut: 0, crash: 1, expire: 0, total: 2 };
const lateAndDead: Budget = { ...two, switch: 0 };
const all: Budget = { switch: 2, late: 2, timeOut: 1, crash: 1, expire: 1, total: 2 };
const unheard: Budget = { switch: 0, late: 1, timeOut: 1, crash: 0, expire: 0, total: 2 };
const random: Budget = { switch: 30, late: 4, timeOut: 3, crash: 2, expire: 3, total: 30 };
const samples = byEffort(40, 250, 20_000);
const forever = 3_600_000;

const sentByOne: readonly (readonly Line[])[] = [
  [send("a"), "flush"],
  ["flush", acknowledge("a"), 11 * minute, "flush", 32 * minute, "flush"],
];
const programs: readonly (readonly [string, Budget, readonly (readonly Line[])[]])[] = [
  ["a message of one is acknowledged and deleted by the other", lateAndDead, sentByOne],
  [
    "a message of one is withdrawn by the other while it is being sent",
    lateAndDead,
    [
      [send("a"), "flush"],
      [acknowledge("a"), 11 * minute, "flush", 32 * minute, "flush"],
    ],
  ],
  [
    "a message is sent, acknowledged and deleted beside another process",
    one,
    [
      [send("a"), "flush", acknowledge("a"), 11 * minute, "flush"],
      ["flush", 11 * minute, "flush"],
    ],
  ],
  ["an upload whose answer was lost is repeated", unheard, [[send("a"), "flush", "flush", acknowledge("a"), 11 * minute, "flush"]]],
  [
    "a mutable object is changed by both",
    two,
    [
      [change("m", "1"), "flush"],
      [change("m", "2", { beaconFirst: true }), "flush"],
    ],
  ],
  [
    "the first object of a session, behind a beacon",
    one,
    [
      [send("a", { beaconFirst: true, chain: "c" }), "flush", acknowledge("a")],
      [send("b", { chain: "d" }), "flush", acknowledge("a"), 11 * minute, "flush"],
    ],
  ],
];

describe.each(programs)("two processes: %s", (_, budget, lines) => {
  test("keeps C0 to C6 in every schedule with few events", { timeout: forever }, async () => {
    const searched = await exhaust(() => twoProcesses(lines), byEffort(one, budget, all), Number.POSITIVE_INFINITY);
    if (effort === "long") console.log(searched.runs, "schedules");
    expect(searched.found).toEqual([]);
  });

  test("keeps C0 to C6 in random schedules", { timeout: forever }, async () => {
    expect(await sample(() => twoProcesses(lines), random, samples, seededRandom(1))).toEqual([]);
  });
});

test("the search sees the orphan that a writer leaves which repeats its writes without saying so", { timeout: forever }, async () => {
  const alone: readonly (readonly Line[])[] = [[send("a"), "flush", acknowledge("a"), 11 * minute, "flush"]];
  const kept = await exhaust(() => twoProcesses(alone, { repeatsWrites: true, writerRepeats: true }), unheard, forever);
  expect(kept.found).toEqual([]);
  const broken = await exhaust(() => twoProcesses(alone, { writerRepeats: true }), unheard, forever);
  expect(broken.found.map(({ problem }) => problem)).toContain("C2 orphan a");
});
