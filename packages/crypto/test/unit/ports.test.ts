import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/system-clock.ts";
import { systemRandom } from "../../src/system-random.ts";
import { seededRandom, VirtualClock } from "../../src/testing.ts";

describe("random", () => {
  test("the system's bytes differ and come in any length", () => {
    expect(systemRandom.bytes(0).length).toBe(0);
    expect(systemRandom.bytes(32)).not.toEqual(systemRandom.bytes(32));
    const long = systemRandom.bytes(200_000);
    expect(long.subarray(190_000).some((byte) => byte !== 0)).toBe(true);
    expect(long.subarray(65_536, 65_600)).not.toEqual(long.subarray(0, 64));
  });

  test("the same seed gives the same bytes, however they are portioned", () => {
    const [a, b] = [seededRandom(1), seededRandom(1)];
    const whole = a.bytes(100);
    const parts = [b.bytes(1), b.bytes(0), b.bytes(64), b.bytes(35)].flatMap((part) => Array.from(part));
    expect(parts).toEqual(Array.from(whole));
    expect(seededRandom(2).bytes(32)).not.toEqual(whole.subarray(0, 32));
    expect(seededRandom(Uint8Array.of(1)).bytes(32)).toEqual(seededRandom(Uint8Array.of(1)).bytes(32));
  });
});

describe("the virtual clock", () => {
  test("stands still until it is advanced, and wakes sleepers in the order of their time", async () => {
    const clock = new VirtualClock(1000);
    const woken: string[] = [];
    const sleeps = [
      clock.sleep(20).then(() => woken.push("late")),
      clock.sleep(10).then(() => woken.push("early")),
      clock.sleep(0).then(() => woken.push("at once")),
    ];
    await Promise.resolve();
    expect([clock.now(), clock.sleeping, woken]).toEqual([1000, 2, ["at once"]]);
    clock.advance(15);
    await sleeps[1];
    expect([clock.now(), clock.sleeping]).toEqual([1015, 1]);
    clock.advance(5);
    await Promise.all(sleeps);
    expect([woken, clock.sleeping]).toEqual([["at once", "early", "late"], 0]);
  });

  test("an aborted sleep rejects with the reason and is forgotten", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const sleep = clock.sleep(10, controller.signal);
    controller.abort(new Error("enough"));
    await expect(sleep).rejects.toThrow("enough");
    expect(clock.sleeping).toBe(0);
    await expect(clock.sleep(10, controller.signal)).rejects.toThrow("enough");
  });

  test("moves backwards only by a jump", () => {
    const clock = new VirtualClock(1000);
    expect(() => clock.advance(-1)).toThrow(expect.objectContaining({ code: "bad-length" }));
    clock.setTime(400);
    expect(clock.now()).toBe(400);
  });
});

describe("the system's clock", () => {
  test("sleeps about as long as it was asked to", async () => {
    const before = systemClock.now();
    await systemClock.sleep(20);
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(18);
    expect(Number.isInteger(before)).toBe(true);
  });

  test("an abort ends the sleep with its reason", async () => {
    const controller = new AbortController();
    const sleep = systemClock.sleep(60_000_000_000, controller.signal);
    controller.abort(new Error("enough"));
    await expect(sleep).rejects.toThrow("enough");
    await expect(systemClock.sleep(1, controller.signal)).rejects.toThrow("enough");
  });
});
