import { VirtualClock } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { type RemoteReader, type RemoteWriter, toPath, withTimeout } from "../../src/index.ts";
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
