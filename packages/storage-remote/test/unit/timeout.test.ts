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

  test("gives more time after a long body that was late, and takes it back once bodies are quick", async () => {
    const clock = new VirtualClock();
    let answer: () => void = () => undefined;
    const write = (): Promise<{ kind: "stored"; version: Version }> =>
      new Promise((resolve) => {
        answer = () => resolve({ kind: "stored", version: "v" as Version });
      });
    const port: RemoteWriter = { checksClock: true, write, remove: never };
    const timed = withTimeout(port, { clock, milliseconds: 1000, slowest: 65_536 });
    const isLateAfter = async (milliseconds: number): Promise<boolean> => {
      let late = false;
      const writing = timed.write(path, new Uint8Array(655_360)).catch(() => {
        late = true;
      });
      clock.advance(milliseconds);
      for (let i = 0; i < 10; i++) await Promise.resolve();
      const result = late;
      answer();
      await writing;
      return result;
    };
    // 10 s for the bytes at first, then twice as much each time, at most eightfold.
    expect(await isLateAfter(11_000)).toBe(true);
    expect(await isLateAfter(11_000)).toBe(false);
    for (const limit of [21_000, 41_000, 81_000, 81_000]) expect(await isLateAfter(limit)).toBe(true);
    for (let i = 0; i < 3; i++) expect(await isLateAfter(1)).toBe(false);
    expect(await isLateAfter(10_999)).toBe(false);
    expect(await isLateAfter(11_000)).toBe(true);
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
