import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { createMeter, type RequestEvent, StorageRemoteError, toPath, withMeter, withRetry } from "../../src/index.ts";
import { memoryBucket } from "../../src/memory.ts";

const path = toPath("a");
const NOTHING = { requests: 0, failed: 0, bytesIn: 0, bytesOut: 0 };

describe("withMeter", () => {
  test("counts requests and bytes by kind, and tells each as it ends", async () => {
    const events: RequestEvent[] = [];
    const meter = createMeter({ onRequest: (event) => events.push(event) });
    const bucket = memoryBucket();
    const [reader, writer, lister] = [withMeter(bucket.reader, meter), withMeter(bucket.writer, meter), withMeter(bucket.lister, meter)];
    await writer.write(path, new Uint8Array(10));
    await writer.write(path, new Uint8Array(7), { when: "absent" });
    const found = await reader.read(path, { maxBytes: 10 });
    if (found.kind === "found") await reader.read(path, { maxBytes: 10, unless: found.version });
    await expect(reader.read(path, { maxBytes: 1 })).rejects.toMatchObject({ code: "too-large" });
    await lister.list({ limit: 1 });
    await writer.remove(path);
    expect(meter.counts()).toEqual({
      get: { requests: 3, failed: 1, bytesIn: 10, bytesOut: 0 },
      put: { requests: 2, failed: 0, bytesIn: 0, bytesOut: 17 },
      delete: { ...NOTHING, requests: 1 },
      list: { ...NOTHING, requests: 1 },
    });
    expect(events.map(({ op, result, bytes }) => [op, result, bytes])).toEqual([
      ["put", "stored", 10],
      ["put", "conflict", 7],
      ["get", "found", 10],
      ["get", "unchanged", 0],
      ["get", "too-large", 0],
      ["list", "listed", 0],
      ["delete", "removed", 0],
    ]);
    expect(events[0]?.path).toBe(path);
    expect("path" in (events[5] ?? {})).toBe(false);
  });

  test("counts what a retry repeats, and not what is never sent", async () => {
    const meter = createMeter();
    let calls = 0;
    const flaky = {
      async read() {
        if (++calls < 3) throw new StorageRemoteError("server-error", "later");
        return { kind: "absent" } as const;
      },
    };
    const clock = new VirtualClock();
    clock.sleep = async () => undefined;
    await withRetry(withMeter(flaky, meter), { clock, random: seededRandom(1) }).read(path, { maxBytes: 1 });
    expect(meter.counts().get).toMatchObject({ requests: 3, failed: 2 });
    const reader = withMeter(memoryBucket().reader, meter);
    await expect(reader.read(path, { maxBytes: 1, signal: AbortSignal.abort() })).rejects.toThrow();
    await expect(reader.read(path, { maxBytes: 1, range: { offset: 0, length: 0 } })).rejects.toMatchObject({ code: "bad-range" });
    expect(meter.counts().get.requests).toBe(3);
  });

  test("counts read before stay as they were", async () => {
    const meter = createMeter();
    const before = meter.counts();
    await withMeter(memoryBucket().reader, meter).read(path, { maxBytes: 1 });
    expect(before.get.requests).toBe(0);
  });
});
