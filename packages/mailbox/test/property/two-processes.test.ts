import { seededRandom } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { minute } from "../support/home.ts";
import { isLong } from "../support/long.ts";
import { type Budget, exhaust, sample } from "../support/search.ts";
import { acknowledge, change, type Line, send, twoProcesses } from "../support/two-processes.ts";

const programs: Record<string, readonly (readonly Line[])[]> = {
  "a message is sent, acknowledged and deleted": [
    [send("a"), "flush", acknowledge("a"), 11 * minute, "flush"],
    ["flush", 11 * minute, "flush"],
  ],
  "a mutable object is changed by both": [
    [change("m", "1"), "flush"],
    [change("m", "2", { beaconFirst: true }), "flush"],
  ],
  "the first object of a session, behind a beacon": [
    [send("a", { beaconFirst: true, chain: "c" }), "flush", acknowledge("a")],
    [send("b", { chain: "d" }), "flush", acknowledge("a"), 11 * minute, "flush"],
  ],
};

const each = { switch: 2, late: 2, timeOut: 1, crash: 1, expire: 1 };
const exhaustive: Budget = { ...each, total: isLong ? 2 : 1 };
const random: Budget = { switch: 30, late: 4, timeOut: 3, crash: 2, expire: 3, total: 30 };
const samples = isLong ? 20_000 : 250;

describe.each(Object.entries(programs))("two processes: %s", (_, lines) => {
  test("keeps C0 to C6 in every schedule with one event", { timeout: 3_600_000 }, async () => {
    const searched = await exhaust(() => twoProcesses(lines), exhaustive, 1_000_000);
    if (isLong) console.log(searched.runs, "schedules");
    expect(searched.found).toEqual([]);
  });

  test("keeps C0 to C6 in random schedules", { timeout: 3_600_000 }, async () => {
    expect(await sample(() => twoProcesses(lines), random, samples, seededRandom(1))).toEqual([]);
  });
});
