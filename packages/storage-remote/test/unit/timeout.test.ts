import { VirtualClock } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { type RemoteReader, type RemoteWriter, toPath, type Version, withTimeout } from "../../src/index.ts";
import { memoryBucket } from "../../src/memory.ts";

const path = toPath("a");
const never = (): Promise<never> => new Promise(() => undefined);

describe("withTimeout", () => {
  test("gives up on a back-end that does not answer, even one that ignores its signal", async () => {
    const clock = new VirtualClock();
    let signal: AbortSignal | undefined;
    const port: RemoteReader = {
      read(_, options) {
        signal = options.signal;
        return never();
      },
    };
    const reading = withTimeout(port, { clock, milliseconds: 1000, slowest: 1000 }).read(path, { maxBytes: 500 });
    const ended = expect(reading).rejects.toMatchObject({ code: "timed-out", retryable: true });
    clock.advance(1499);
    expect(signal?.aborted).toBe(false);
    clock.advance(1);
    await ended;
    expect(signal?.aborted).toBe(true);
  });

  test("gives long bodies more time", async () => {
    const clock = new VirtualClock();
    const port: RemoteWriter = { checksClock: true, write: never, remove: never };
    const writing = withTimeout(port, { clock, milliseconds: 1000, slowest: 1000 }).write(path, new Uint8Array(60_000));
    const ended = expect(writing).rejects.toMatchObject({ code: "timed-out" });
    let over = false;
    writing.catch(() => {
      over = true;
    });
    clock.advance(60_000);
    await Promise.resolve();
    expect(over).toBe(false);
    clock.advance(1000);
    await ended;
  });

  describe("and long bodies", () => {
    const kib = 1024;
    const clock = new VirtualClock();
    let answers: (() => void)[] = [];
    const write = (): Promise<{ kind: "stored"; version: Version }> =>
      new Promise((resolve) => answers.push(() => resolve({ kind: "stored", version: "v" as Version })));
    const port: RemoteWriter = { checksClock: true, write, remove: never };
    const settle = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await Promise.resolve();
    };
    /** `count` bodies of 640 KiB at once, looked at after each of these waits: how many were late. Then all answer. */
    const lateAfter = async (timed: RemoteWriter, count: number, waits: readonly number[]): Promise<readonly number[]> => {
      answers = [];
      let late = 0;
      const writing = Array.from({ length: count }, () =>
        timed.write(path, new Uint8Array(640 * kib)).catch(() => {
          late += 1;
        }),
      );
      const seen: number[] = [];
      for (const wait of waits) {
        clock.advance(wait);
        await settle();
        seen.push(late);
      }
      for (const answer of answers) answer();
      await Promise.all(writing);
      return seen;
    };
    const fresh = (): RemoteWriter => withTimeout(port, { clock, milliseconds: 1000, slowest: 64 * kib });

    test("that share the line get the time of all", async () => {
      expect(await lateAfter(fresh(), 1, [10_999, 1])).toEqual([0, 1]);
      expect(await lateAfter(fresh(), 4, [40_999, 1])).toEqual([0, 4]);
    });

    test("that were late get four times as much, once for all that were late together, at most eight times", async () => {
      const timed = fresh();
      expect(await lateAfter(timed, 3, [30_999, 1])).toEqual([0, 3]);
      expect(await lateAfter(timed, 1, [40_999, 1])).toEqual([0, 1]);
      for (let i = 0; i < 2; i++) expect(await lateAfter(timed, 1, [80_999, 1])).toEqual([0, 1]);
    });

    test("on a line that proved quick are given up sooner, and on a slow one later", async () => {
      const timed = fresh();
      expect(await lateAfter(timed, 2, [10])).toEqual([0]);
      // 1 MiB a second is the most that is asked of a line.
      expect(await lateAfter(timed, 2, [2_249, 1])).toEqual([0, 2]);
      expect(await lateAfter(timed, 1, [2_000])).toEqual([0]);
      // 320 KiB/s, of which a quarter is waited for.
      expect(await lateAfter(timed, 1, [8_999, 1])).toEqual([0, 1]);
    });
  });

  test("leaves no sleep behind, and passes on answers and the caller's abort", async () => {
    const clock = new VirtualClock();
    const { reader, writer } = memoryBucket();
    const timed = withTimeout(reader, { clock });
    await withTimeout(writer, { clock }).write(path, new Uint8Array([1]));
    expect(await timed.read(path, { maxBytes: 1 })).toMatchObject({ kind: "found" });
    expect(clock.sleeping).toBe(0);
    const reason = new Error("stop");
    await expect(timed.read(path, { maxBytes: 1, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(clock.sleeping).toBe(0);
  });
});
