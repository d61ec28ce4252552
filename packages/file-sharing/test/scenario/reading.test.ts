import { cipherSuite } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { createMeter, type Path, type RemoteReader, StorageRemoteError, withMeter } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { openFile } from "../../src/index.ts";
import { collect } from "../support/collect.ts";
import { HastyClock } from "../support/home.ts";
import { settled } from "../support/settled.ts";
import { contentOf, plant } from "../support/tree.ts";

const chunk = 1024;
const tools = (from: RemoteReader) => ({ from, crypto: cipherSuite, clock: new VirtualClock(), random: seededRandom(1) });

async function opened(size: number, options: Parameters<typeof plant>[1] & { readonly parallel?: number } = {}) {
  const tree = await plant(contentOf(size), options);
  const meter = createMeter();
  const from = withMeter(tree.bucket.reader, meter);
  const file = await openFile(tree.reference, { ...tools(from), ...(options.parallel !== undefined && { parallel: options.parallel }) });
  return { ...tree, meter, from, file };
}

describe("a file that is opened", () => {
  test("says what its owner says of it, and takes one request", async () => {
    const { file, meter, reference } = await opened(5000, { name: "film.webm", mime: "video/webm", mtime: 1_700_000_000_000 });
    expect(file).toMatchObject({ reference, size: 5000, name: "film.webm", mime: "video/webm", mtime: 1_700_000_000_000 });
    expect(meter.counts().get.requests).toBe(1);
    await file.close();
  });

  test("every class of offset and length around the chunks' boundaries, by read and by stream", async () => {
    for (const size of [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 5 * chunk - 1, 5 * chunk, 5 * chunk + 1, 9 * chunk + 500]) {
      const { file, content } = await opened(size);
      const edges = [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk - 1, 2 * chunk, size - chunk, size - 1, size].filter(
        (at) => at >= 0 && at <= size,
      );
      for (const from of edges) {
        for (const to of edges.filter((at) => at >= from)) {
          const expected = content.slice(from, to);
          expect(await file.read({ offset: from, length: to - from })).toEqual(expected);
          expect(await collect(file.stream({ offset: from, length: to - from }))).toEqual(expected);
        }
        expect(await collect(file.stream({ offset: from }))).toEqual(content.slice(from));
      }
    }
  });

  test("beyond the end is out-of-range, never a short read", async () => {
    const { file, meter } = await opened(5000);
    const before = meter.counts().get.requests;
    for (const [offset, length] of [
      [0, 5001],
      [5000, 1],
      [5001, 0],
      [-1, 2],
      [0.5, 1],
      [0, Number.NaN],
      [Number.MAX_SAFE_INTEGER, 1],
    ] as const) {
      await expect(file.read({ offset, length })).rejects.toMatchObject({ name: "FileSharingError", code: "out-of-range" });
      expect(() => file.stream({ offset, length })).toThrow(expect.objectContaining({ code: "out-of-range" }));
    }
    expect(() => file.stream({ offset: 5001 })).toThrow(expect.objectContaining({ code: "out-of-range" }));
    expect(meter.counts().get.requests).toBe(before);
  });

  test("a first byte at a random offset costs at most depth + 1 requests, opening included, and a byte beside it none", async () => {
    // More than 960 chunks of 1 KiB: two levels above them.
    const { reference, bucket, content, geometry } = await plant(contentOf(1_100_000));
    expect(geometry.depth).toBe(2);
    for (const offset of [0, 1, 959 * chunk, 960 * chunk, 983_040 + 17, 1_099_999]) {
      const meter = createMeter();
      const file = await openFile(reference, tools(withMeter(bucket.reader, meter)));
      expect(await file.read({ offset, length: 1 })).toEqual(content.slice(offset, offset + 1));
      expect(meter.counts().get.requests).toBe(geometry.depth + 1);
      const beside = Math.floor(offset / chunk) * chunk;
      await file.read({ offset: beside, length: 10 });
      expect(meter.counts().get.requests).toBe(geometry.depth + 1);
    }
  });

  test("only the pages and chunks of the range are fetched", async () => {
    const { reference, bucket, path } = await plant(contentOf(1_100_000));
    const asked: Path[] = [];
    const from: RemoteReader = {
      read: (name, options) => {
        asked.push(name);
        return bucket.reader.read(name, options);
      },
    };
    const file = await openFile(reference, tools(from));
    await file.read({ offset: 959 * chunk + 5, length: 2 * chunk });
    expect(asked).toEqual([path(2, 0), path(1, 0), path(0, 959), path(1, 1), path(0, 960), path(0, 961)]);
  });

  test("a stream hands out in order whatever comes first, looks ahead no further than allowed, and keeps to the reader's pace", async () => {
    const { reference, bucket, content } = await plant(contentOf(40 * chunk));
    const clock = new VirtualClock();
    let under = 0;
    let most = 0;
    let asked = 0;
    const from: RemoteReader = {
      async read(name, options) {
        most = Math.max(most, ++under);
        asked++;
        // The earlier a request, the later its answer.
        await clock.sleep(100 - (asked % 7) * 10, options.signal).finally(() => under--);
        return bucket.reader.read(name, options);
      },
    };
    const opening = openFile(reference, { ...tools(from), clock, parallel: 6 });
    await settled();
    clock.advance(1000);
    const reader = (await opening).stream().getReader();
    await settled();
    expect(asked).toBe(1);
    const parts: Uint8Array[] = [];
    for (let read = 0; read < 3; read++) {
      const next = reader.read();
      for (let turn = 0; turn < 20; turn++) {
        await settled();
        clock.advance(100);
      }
      parts.push((await next).value as Uint8Array);
    }
    for (let turn = 0; turn < 50; turn++) {
      await settled();
      clock.advance(100);
    }
    // The root, three taken, and six that wait to be.
    expect(asked).toBe(1 + 3 + 6);
    expect(most).toBeLessThanOrEqual(6);
    expect(parts).toEqual([0, 1, 2].map((index) => content.slice(index * chunk, (index + 1) * chunk)));
  });

  test("cancelling a stream aborts its requests; aborting it fails what is read next with the reason", async () => {
    const { reference, bucket } = await plant(contentOf(40 * chunk));
    const aborted: unknown[] = [];
    const from: RemoteReader = {
      read: (name, options) => {
        if (options.maxBytes > 2 * chunk) return bucket.reader.read(name, options);
        return new Promise((_, reject) => {
          options.signal?.addEventListener("abort", () => {
            aborted.push(options.signal?.reason);
            reject(options.signal?.reason);
          });
        });
      },
    };
    const file = await openFile(reference, { ...tools(from), parallel: 3 });
    const stream = file.stream();
    const reader = stream.getReader();
    const never = reader.read();
    await settled();
    await reader.cancel("seen enough");
    expect(await never).toEqual({ done: true, value: undefined });
    expect(aborted).toEqual(["seen enough", "seen enough", "seen enough"]);

    const controller = new AbortController();
    const other = file.stream({ signal: controller.signal }).getReader();
    const next = other.read();
    await settled();
    controller.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    expect(() => file.stream({ signal: controller.signal })).toThrow("enough");
    const reading = file.read({ offset: 0, length: 5 * chunk }, { signal: AbortSignal.abort(new Error("too late")) });
    await expect(reading).rejects.toThrow("too late");
  });

  test("progress of a stream counts what was handed out", async () => {
    const { file } = await opened(5 * chunk);
    const done: number[] = [];
    await collect(file.stream({ offset: 100, length: 3 * chunk, onProgress: (progress) => done.push(progress.done) }));
    expect(done).toEqual([chunk - 100, 2 * chunk - 100, 3 * chunk - 100, 3 * chunk]);
  });

  test("what is handed out belongs to whoever got it", async () => {
    const { file, content } = await opened(3 * chunk);
    (await file.read({ offset: 0, length: chunk })).fill(0);
    expect(await file.read({ offset: 0, length: chunk })).toEqual(content.slice(0, chunk));
  });

  test("a network that fails is tried again; one that stays away is storage-failed, soon where nothing has begun", async () => {
    const { reference, bucket, content } = await plant(contentOf(20 * chunk));
    let failures = 0;
    let isDown = false;
    const from: RemoteReader = {
      async read(name, options) {
        if (isDown || ++failures % 3 !== 0) throw new StorageRemoteError("unreachable", "the test cut the line");
        return bucket.reader.read(name, options);
      },
    };
    const clock = new HastyClock();
    const file = await openFile(reference, { ...tools(from), clock, parallel: 1 });
    expect(await file.read({ offset: 0, length: 20 * chunk })).toEqual(content);
    expect(await collect(file.stream())).toEqual(content);
    isDown = true;
    const expected = { name: "FileSharingError", code: "storage-failed", retryable: true, cause: { code: "unreachable" } };
    await expect(collect(file.stream())).rejects.toMatchObject(expected);
    const before = clock.now();
    await expect(openFile(reference, { ...tools(from), clock })).rejects.toMatchObject(expected);
    expect(clock.now() - before).toBeLessThan(2000);
  });
});
