import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { type RemoteReader, StorageRemoteError, toPath, withRetry } from "../../src/index.ts";

const path = toPath("a");
const found = { kind: "absent" } as const;

/** A clock whose sleeps end at once, and which remembers how long they were. */
function recordingClock(): { clock: VirtualClock; slept: number[] } {
  const slept: number[] = [];
  const clock = new VirtualClock();
  clock.sleep = async (milliseconds, signal) => {
    signal?.throwIfAborted();
    slept.push(milliseconds);
  };
  return { clock, slept };
}

function failing(times: number, error: Error): RemoteReader & { calls: number } {
  return {
    calls: 0,
    async read() {
      this.calls++;
      if (this.calls <= times) throw error;
      return found;
    },
  };
}

const unreachable = new StorageRemoteError("unreachable", "no network");

describe("withRetry", () => {
  test("tries again after retryable errors, and no more than attempts", async () => {
    const { clock } = recordingClock();
    const options = { clock, random: seededRandom(1), attempts: 3 };
    const twice = failing(2, unreachable);
    expect(await withRetry(twice, options).read(path, { maxBytes: 1 })).toEqual(found);
    expect(twice.calls).toBe(3);
    const thrice = failing(3, unreachable);
    await expect(withRetry(thrice, options).read(path, { maxBytes: 1 })).rejects.toBe(unreachable);
    expect(thrice.calls).toBe(3);
  });

  test.each([
    new StorageRemoteError("wrong-credentials", "wrong"),
    new StorageRemoteError("too-large", "large"),
    new TypeError("a mistake"),
  ])("never repeats what cannot succeed: %s", async (error) => {
    const { clock, slept } = recordingClock();
    const port = failing(9, error);
    await expect(withRetry(port, { clock, random: seededRandom(1) }).read(path, { maxBytes: 1 })).rejects.toBe(error);
    expect([port.calls, slept]).toEqual([1, []]);
  });

  test("waits a random part of a doubling delay", async () => {
    const { clock, slept } = recordingClock();
    const options = { clock, random: seededRandom(7), attempts: 9, firstDelay: 100, longestDelay: 1000 };
    for (let round = 0; round < 20; round++) await withRetry(failing(8, unreachable), options).read(path, { maxBytes: 1 });
    for (let step = 0; step < 8; step++) {
      const waits = slept.filter((_, index) => index % 8 === step);
      const most = Math.min(1000, 100 * 2 ** step);
      expect(Math.max(...waits)).toBeLessThan(most);
      expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(most / 3);
    }
  });

  test("heeds what the store asked for, and gives up when it is too long", async () => {
    const { clock, slept } = recordingClock();
    const options = { clock, random: seededRandom(1), longestDelay: 10_000 };
    const soon = new StorageRemoteError("rate-limited", "slow down", { retryAfter: 5000 });
    await withRetry(failing(1, soon), options).read(path, { maxBytes: 1 });
    expect(slept[0]).toBeGreaterThanOrEqual(5000);
    const late = new StorageRemoteError("rate-limited", "slow down", { retryAfter: 60_000 });
    const port = failing(1, late);
    await expect(withRetry(port, options).read(path, { maxBytes: 1 })).rejects.toBe(late);
    expect(port.calls).toBe(1);
  });

  test("an abort ends the wait with the signal's reason", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const reading = withRetry(failing(9, unreachable), { clock, random: seededRandom(1) }).read(path, {
      maxBytes: 1,
      signal: controller.signal,
    });
    while (clock.sleeping === 0) await Promise.resolve();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});
