import { cipherSuite } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { createMeter, type RemoteReader, withMeter } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { openFile } from "../../src/index.ts";
import { contentOf, plant } from "../support/tree.ts";

const chunk = 1024;
const tools = (from: RemoteReader) => ({ from, crypto: cipherSuite, clock: new VirtualClock(), random: seededRandom(1) });

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

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
});
