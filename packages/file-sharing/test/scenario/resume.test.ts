import type { RemoteWriter } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { bytesSource, type FileReference, FileSharingError, type FileSource, type PublishedFile, streamSource } from "../../src/index.ts";
import { content, createHome, expectBytes, type Home, readBack } from "../support/home.ts";
import { PutLedger } from "../support/ledger.ts";

const kib = 1_024;
const late = 20 * 60_000;
const options = { name: "a", key: "k", chunkLog2: 10, parallel: 2 };
const whole = content(12 * kib);

/** A file as a disk has it; `reads` lists the chunks that were read. */
function fileLike(bytes: Uint8Array, fingerprint: string, reads: number[] = []): FileSource {
  const source = bytesSource(bytes);
  return {
    ...source,
    fingerprint: async () => fingerprint,
    read: (offset, length, rest) => {
      reads.push(offset / kib);
      return source.read(offset, length, rest);
    },
  };
}

/** Stops after `puts` requests, as a person or a lost network does. */
async function interrupted(home: Home, source: FileSource, puts: number): Promise<void> {
  const stop = new AbortController();
  let count = 0;
  const writer: RemoteWriter = {
    ...home.bucket.writer,
    write(path, bytes, rest) {
      if (++count > puts) stop.abort(new Error("enough"));
      return home.bucket.writer.write(path, bytes, rest);
    },
  };
  await expect(home.publisher({ writer }).publish(source, { ...options, signal: stop.signal })).rejects.toThrow("enough");
}

async function expectContent(home: Home, file: PublishedFile, bytes: Uint8Array): Promise<void> {
  expectBytes(await readBack(home, file.reference as FileReference), bytes);
}

describe("an interrupted upload", () => {
  test("of an unchanged source goes on without reading or sending again what is there", async () => {
    const home = createHome();
    await interrupted(home, fileLike(whole, "1"), 7);
    const ledger = new PutLedger();
    const reads: number[] = [];
    const done: number[] = [];
    const onProgress = (progress: { done: number }): void => void done.push(progress.done);
    const publisher = home.publisher({ writer: ledger.watch(home.bucket.writer) });
    const before = (await publisher.list())[0]?.done as number;
    expect(before).toBeGreaterThanOrEqual(5 * kib);
    const file = await publisher.publish(fileLike(whole, "1", reads), { ...options, onProgress });
    expect(ledger.puts).toBe(12 - before / kib + 1);
    // And one byte behind the end, where there must be none.
    expect(new Set(reads).size).toBe(12 - before / kib + 1);
    expect(done.at(-1)).toBe(12 * kib);
    await expectContent(home, file, whole);
  });

  test("of a source without a fingerprint is compared, and only what is missing is sent", async () => {
    const home = createHome();
    await interrupted(home, bytesSource(whole), 7);
    const ledger = new PutLedger();
    const publisher = home.publisher({ writer: ledger.watch(home.bucket.writer) });
    const file = await publisher.publish(bytesSource(whole), options);
    expect(ledger.puts).toBeLessThanOrEqual(12 - 5 + 1);
    await expectContent(home, file, whole);
  });

  test("of a stream goes on with the same stream given anew, or with another", async () => {
    const home = createHome();
    await interrupted(home, streamSource(new Blob([whole as BlobPart]).stream()), 7);
    const other = whole.slice(0, 11 * kib + 5);
    other[3 * kib] = 1;
    const file = await home.publisher().publish(streamSource(new Blob([other as BlobPart]).stream()), options);
    await expectContent(home, file, other);
  });

  test("of a source that has changed meanwhile sends what is new under new keys, and deletes the old", async () => {
    const home = createHome();
    await interrupted(home, fileLike(whole, "1"), 7);
    const changed = whole.slice();
    changed[0] = 1;
    const ledger = new PutLedger();
    const publisher = home.publisher({ writer: ledger.watch(home.bucket.writer) });
    const file = await publisher.publish(fileLike(changed, "2"), options);
    expect(ledger.puts).toBeLessThanOrEqual(12 - 5 + 1 + 1);
    await expectContent(home, file, changed);
    home.clock.advance(late);
    await publisher.tidy();
    expect(home.bucket.objects().size).toBe(13);
  });

  test("whose source changed and changed back between runs trusts nothing that was sent of the other state", async () => {
    const home = createHome();
    const changed = whole.slice();
    changed.fill(5, 0, 9 * kib);
    await interrupted(home, fileLike(changed, "2"), 9);
    await interrupted(home, fileLike(whole, "1"), 2);
    const file = await home.publisher().publish(fileLike(whole, "1"), options);
    await expectContent(home, file, whole);
  });

  test("takes the name and the type of the last call", async () => {
    const home = createHome();
    await interrupted(home, fileLike(whole, "1"), 7);
    const file = await home.publisher().publish(fileLike(whole, "1"), { ...options, name: "b", mime: "text/plain" });
    expect(file.reference).toMatchObject({ name: "b", mime: "text/plain" });
  });

  test("with chunks of another size begins anew, and what was sent is deleted", async () => {
    const home = createHome();
    await interrupted(home, fileLike(whole, "1"), 7);
    const publisher = home.publisher();
    const file = await publisher.publish(fileLike(whole, "1"), { ...options, chunkLog2: 11 });
    await expectContent(home, file, whole);
    expect((await publisher.list()).map(({ state }) => state).sort()).toEqual(["published", "removing"]);
    await publisher.tidy();
    home.clock.advance(late);
    expect(await publisher.tidy()).toEqual({ next: undefined });
    expect(home.bucket.objects().size).toBe(7);
    expect((await publisher.list()).length).toBe(1);
  });
});

describe("a source that changes while it is uploaded", () => {
  test("is told, and the next call goes on with what it is by then", async () => {
    const home = createHome();
    let fingerprint = "1";
    let bytes = whole;
    const source: FileSource = {
      size: whole.length,
      skips: true,
      fingerprint: async () => fingerprint,
      read: async (offset, length) => {
        if (offset === 6 * kib) {
          bytes = content(12 * kib, 2);
          fingerprint = "2";
        }
        return bytes.slice(offset, offset + length);
      },
    };
    await expect(home.publisher().publish(source, options)).rejects.toMatchObject({ code: "source-changed", retryable: true });
    expect((await home.publisher().list())[0]?.state).toBe("uploading");
    await expectContent(home, await home.publisher().publish(source, options), bytes);
  });

  test.each([
    [
      "another fingerprint at the end",
      async (offset: number, length: number) => new Uint8Array(offset < 12 * kib ? length : 0),
      ["1", "2"],
    ],
    ["a byte more at the end", async (_: number, length: number) => new Uint8Array(length), ["1", "1"]],
    ["less in the middle", async (offset: number, length: number) => new Uint8Array(offset < 11 * kib ? length : 0), ["1", "1"]],
  ])("is compared again also where its fingerprint is as at the beginning: after %s", async (_, read, fingerprints) => {
    const home = createHome();
    let asked = 0;
    const source: FileSource = { ...fileLike(whole, "1"), fingerprint: async () => fingerprints[asked++] as string, read };
    await expect(home.publisher().publish(source, options)).rejects.toMatchObject({ code: "source-changed" });
    await expectContent(home, await home.publisher().publish(fileLike(whole, "1"), options), whole);
  });

  test.each([
    ["shorter", 11 * kib],
    ["longer", 13 * kib],
    ["a byte shorter", 12 * kib - 1],
    ["a byte longer", 12 * kib + 1],
  ])("or is %s than it said is told", async (_, length) => {
    const home = createHome();
    const source: FileSource = { ...bytesSource(content(length)), size: 12 * kib };
    for (const one of [source, { ...source, fingerprint: async () => "the same" }]) {
      await expect(home.publisher().publish(one, options)).rejects.toMatchObject({ code: "source-changed" });
      expect((await home.publisher().list())[0]).toMatchObject({ state: "uploading", reference: undefined });
    }
  });

  test("or vanishes is told, and what was sent is kept", async () => {
    const home = createHome();
    const gone = new FileSharingError("source-gone", "gone");
    const source: FileSource = {
      ...fileLike(whole, "1"),
      read: async (offset, length) => {
        if (offset > 5 * kib) throw gone;
        return whole.slice(offset, offset + length);
      },
    };
    await expect(home.publisher().publish(source, options)).rejects.toBe(gone);
    expect((await home.publisher().list())[0]?.done).toBeGreaterThanOrEqual(3 * kib);
  });
});

describe("a finished upload", () => {
  test("under the same key is answered without a request", async () => {
    const home = createHome();
    const first = await home.publisher().publish(fileLike(whole, "1"), options);
    const ledger = new PutLedger();
    const reads: number[] = [];
    const publisher = home.publisher({ writer: ledger.watch(home.bucket.writer) });
    expect(await publisher.publish(fileLike(whole, "1", reads), options)).toEqual(first);
    expect(await publisher.publish(bytesSource(whole), options)).toEqual(first);
    expect([ledger.puts, reads.length]).toEqual([0, 0]);
  });

  test.each([
    ["another fingerprint", fileLike(whole, "2"), {}],
    ["another size", bytesSource(content(5)), {}],
    ["another name", fileLike(whole, "1"), { name: "b" }],
    ["another type", fileLike(whole, "1"), { mime: "text/plain" }],
    ["another key", fileLike(whole, "1"), { key: "l" }],
  ])("with %s is another file; the first one stays", async (_, source, other) => {
    const home = createHome();
    const publisher = home.publisher();
    const first = await publisher.publish(fileLike(whole, "1"), options);
    const second = await publisher.publish(source, { ...options, ...other });
    expect(second.fileId).not.toBe(first.fileId);
    await expectContent(home, first, whole);
    expect((await publisher.list()).length).toBe(2);
  });

  test("without a key is a new file each time", async () => {
    const home = createHome();
    const publisher = home.publisher();
    const first = await publisher.publish(fileLike(whole, "1"), { name: "a" });
    const second = await publisher.publish(fileLike(whole, "1"), { name: "a" });
    expect(second.fileId).not.toBe(first.fileId);
  });
});

describe("aborting", () => {
  test("before the first request sends nothing", async () => {
    const home = createHome();
    const reason = new Error("no");
    const publishing = home.publisher().publish(bytesSource(whole), { ...options, signal: AbortSignal.abort(reason) });
    await expect(publishing).rejects.toBe(reason);
    expect(home.bucket.objects().size).toBe(0);
  });

  test("during a request ends it with the reason", async () => {
    const home = createHome();
    const stop = new AbortController();
    const writer: RemoteWriter = {
      ...home.bucket.writer,
      write: (_path, _bytes, rest) =>
        new Promise((_, reject) => {
          if (rest?.signal?.aborted) reject(rest.signal.reason);
          rest?.signal?.addEventListener("abort", () => reject(rest.signal?.reason));
          stop.abort(new Error("now"));
        }),
    };
    await expect(home.publisher({ writer }).publish(bytesSource(whole), { ...options, signal: stop.signal })).rejects.toThrow("now");
  });

  test("a stream that does not answer ends it too", async () => {
    const home = createHome();
    const stop = new AbortController();
    let isCancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: () => {
        stop.abort(new Error("now"));
        return new Promise(() => undefined);
      },
      cancel: () => {
        isCancelled = true;
      },
    });
    await expect(home.publisher().publish(streamSource(stream), { ...options, signal: stop.signal })).rejects.toThrow("now");
    expect(isCancelled).toBe(true);
  });
});
