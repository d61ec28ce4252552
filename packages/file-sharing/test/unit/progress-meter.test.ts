import { VirtualClock } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { ProgressMeter } from "../../src/progress-meter.ts";

describe("progress", () => {
  test("says nothing about rate and time before time has passed", () => {
    const meter = new ProgressMeter(new VirtualClock(), { total: 1000 });
    expect(meter.now()).toEqual({ done: 0, total: 1000, rate: 0, left: undefined });
    expect(meter.moved(500)).toEqual({ done: 500, total: 1000, rate: 0, left: undefined });
  });

  test("the rate is that of the last ten seconds, and the time left follows from it", () => {
    const clock = new VirtualClock();
    const meter = new ProgressMeter(clock, { total: 1_000_000 });
    for (let second = 0; second < 100; second++) {
      clock.advance(1000);
      meter.moved(1000);
    }
    expect(meter.now()).toEqual({ done: 100_000, total: 1_000_000, rate: 1000, left: 900_000 });
    for (let second = 0; second < 11; second++) {
      clock.advance(1000);
      meter.moved(10_000);
    }
    expect(meter.now()).toMatchObject({ rate: 10_000, left: 79_000 });
  });

  test("a line that stands still shows: the rate falls and the time left grows", () => {
    const clock = new VirtualClock();
    const meter = new ProgressMeter(clock, { total: 2000 });
    clock.advance(1000);
    meter.moved(1000);
    const before = meter.now();
    clock.advance(9000);
    expect(before).toMatchObject({ rate: 1000, left: 1000 });
    expect(meter.now()).toMatchObject({ rate: 100, left: 10_000 });
  });

  test("bytes of an earlier run are done but not moved", () => {
    const clock = new VirtualClock();
    const meter = new ProgressMeter(clock, { total: 10_000, done: 2000 });
    clock.advance(1000);
    expect(meter.found(3000)).toMatchObject({ done: 5000, rate: 0, left: undefined });
    expect(meter.moved(500)).toMatchObject({ done: 5500, rate: 500, left: 9000 });
  });

  test("the end is the end, and a stream's end is not known", () => {
    const clock = new VirtualClock();
    expect(new ProgressMeter(clock, { total: 0 }).now()).toEqual({ done: 0, total: 0, rate: 0, left: 0 });
    const stream = new ProgressMeter(clock, { total: undefined });
    clock.advance(1000);
    expect(stream.moved(5)).toEqual({ done: 5, total: undefined, rate: 5, left: undefined });
  });

  test("many moments within the window cost no more memory or error than few", () => {
    const clock = new VirtualClock();
    const meter = new ProgressMeter(clock, { total: undefined });
    for (let moment = 0; moment < 20_000; moment++) {
      clock.advance(1);
      meter.moved(7);
    }
    const { rate } = meter.now();
    expect(Math.abs(rate - 7000)).toBeLessThan(200);
  });
});
