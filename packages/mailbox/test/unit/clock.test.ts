import { describe, expect, test } from "vitest";
import { confirmClock, confirmedNow, decodeHome, tick } from "../../src/core/home.ts";
import type { Home } from "../../src/core/records.ts";
import { day } from "../support/home.ts";

const fresh = decodeHome(undefined);
const noon = 1_767_225_600_000;
const ticks = (home: Home, ...times: number[]): number[] => {
  let at = home;
  return times.map((now) => {
    at = tick(at, now);
    return at.lastTick;
  });
};

describe("TICK", () => {
  test("a new home's first ticks do not follow the clock before the storage has confirmed it", () => {
    expect(ticks(fresh, noon, noon + 1)).toEqual([2, 3]);
  });

  test("a tick follows a confirmed clock and rises also where the clock stands still or goes back", () => {
    const home = confirmClock(fresh, noon, true);
    expect(ticks(home, noon, noon, noon - day, noon + 10)).toEqual([noon + 1, noon + 2, noon + 3, noon + 11]);
  });

  test("a forward jump of more than 24 h does not move the ticks until it is confirmed", () => {
    const home = tick(confirmClock(fresh, noon, true), noon);
    const jumped = noon + day + 1;
    expect(ticks(home, jumped)).toEqual([noon + 2]);
    expect(ticks(confirmClock(home, jumped, true), jumped)).toEqual([jumped + 1]);
  });

  test("a storage that does not check the clock never moves the ticks", () => {
    expect(ticks(confirmClock(fresh, noon, false), noon)).toEqual([2]);
  });
});

describe("the clock of timers that erase", () => {
  test("timers stand still a day after the last confirmation", () => {
    const home = confirmClock(fresh, noon, true);
    expect(confirmedNow(home, noon + day)).toBe(noon + day);
    expect(confirmedNow(home, noon + day + 1)).toBe(noon);
    expect(confirmedNow(confirmClock(home, noon + 9 * day, true), noon + 9 * day)).toBe(noon + 9 * day);
  });

  test("timers of a home that was never confirmed do not run", () => {
    expect(confirmedNow(fresh, noon)).toBe(0);
  });

  test("timers follow at a day a success where the storage does not check the clock", () => {
    let home = confirmClock(fresh, noon, false);
    const later = noon + 3.5 * day;
    const seen = [1, 2, 3, 4].map(() => {
      home = confirmClock(home, later, false);
      return (confirmedNow(home, later) - noon) / day;
    });
    expect(seen).toEqual([1, 2, 3.5, 3.5]);
  });

  test("timers never run ahead of the clock, and a confirmed clock that was set back counts", () => {
    const ahead = confirmClock(fresh, noon + 400 * day, true);
    expect(confirmedNow(ahead, noon)).toBe(noon);
    expect(confirmClock(ahead, noon, true).provedAt).toBe(noon);
    expect(confirmedNow(confirmClock(ahead, noon, true), noon + 300 * day)).toBe(noon);
  });

  test("a confirmation within the hour costs no commit", () => {
    const home = confirmClock(fresh, noon, true);
    expect(confirmClock(home, noon + 3_599_999, true)).toBe(home);
    expect(confirmClock(home, noon + 3_600_000, true)).not.toBe(home);
  });
});
