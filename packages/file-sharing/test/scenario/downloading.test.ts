import { memoryStore } from "@cweb/storage-local/memory";
import { type Path, StorageRemoteError } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { FileSharingError, memoryTarget, type Progress } from "../../src/index.ts";
import { collect } from "../support/collect.ts";
import { downloader, watched } from "../support/downloads.ts";
import { contentOf, plant } from "../support/tree.ts";

const chunk = 1024;
const recordsOf = async (store: ReturnType<typeof memoryStore>) => store.open().scan("", { limit: 1000 });
const lost = (): StorageRemoteError => new StorageRemoteError("wrong-credentials", "the test took the key away");

/** A store that answers only so many requests, the root among them. */
function until(requests: number): () => void {
  let left = requests;
  return () => {
    if (--left < 0) throw lost();
  };
}

describe("a download", () => {
  test("ends with the file, whole, under its name, and with no record of it", async () => {
    for (const size of [0, 1, 4096, 100_000]) {
      const { reference, content, bucket } = await plant(contentOf(size));
      const store = memoryStore();
      const to = memoryTarget();
      const progress: Progress[] = [];
      const onProgress = (one: Progress): void => void progress.push(one);
      expect(await downloader(store.open()).download(reference, { from: bucket.reader, to, onProgress })).toEqual({ size });
      expect(to.finished()).toEqual(content);
      expect(progress.at(-1)).toMatchObject({ done: size, total: size });
      expect(await recordsOf(store)).toEqual([]);
    }
  });

  test("fetches each object once, those of padding alone as well", async () => {
    const { reference, bucket, objects } = await plant(contentOf(990_000));
    const asked: Path[] = [];
    const to = memoryTarget();
    await downloader(memoryStore().open()).download(reference, { from: watched(bucket.reader, asked), to });
    expect(asked.toSorted()).toEqual(objects.map(({ path }) => path).toSorted());
  });

  test("goes on where it stopped: what has arrived is compared, not fetched again", async () => {
    const { reference, content, bucket, geometry, path } = await plant(contentOf(100 * chunk));
    const store = memoryStore();
    const to = memoryTarget();
    const first = downloader(store.open()).download(reference, { from: watched(bucket.reader, [], until(41)), to, parallel: 4 });
    await expect(first).rejects.toMatchObject({ code: "storage-failed", retryable: false, cause: { code: "wrong-credentials" } });
    expect(to.finished()).toBeUndefined();
    const [waiting] = await downloader(store.open()).list();
    expect(waiting).toMatchObject({ reference, target: "memory", total: 100 * chunk });
    // Those under way when it failed are lost at most.
    expect(waiting?.done).toBeGreaterThanOrEqual(36 * chunk);

    const asked: Path[] = [];
    const progress: Progress[] = [];
    const onProgress = (one: Progress): void => void progress.push(one);
    await downloader(store.open()).download(reference, { from: watched(bucket.reader, asked), to, onProgress });
    expect(to.finished()).toEqual(content);
    expect(asked.length).toBe(1 + geometry.totalChunks - (waiting?.done ?? 0) / chunk);
    expect(asked[0]).toBe(path(1, 0));
    expect(progress.length).toBe(geometry.totalChunks);
    expect(progress.at(-1)?.done).toBe(100 * chunk);
    expect(await recordsOf(store)).toEqual([]);
  });

  test("what was altered or lost in the target meanwhile is fetched again, and nothing else", async () => {
    const { reference, content, bucket, path } = await plant(contentOf(40 * chunk));
    const store = memoryStore();
    const to = memoryTarget();
    const stopped = downloader(store.open()).download(reference, { from: watched(bucket.reader, [], until(31)), to, parallel: 1 });
    await expect(stopped).rejects.toThrow();
    await to.write(5 * chunk + 7, Uint8Array.of(1, 2, 3));
    await to.write(20 * chunk, new Uint8Array(chunk));
    const asked: Path[] = [];
    await downloader(store.open()).download(reference, { from: watched(bucket.reader, asked), to });
    expect(to.finished()).toEqual(content);
    const again = [5, 20, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39].map((index) => path(0, index));
    expect(asked.toSorted()).toEqual([path(1, 0), ...again].toSorted());
  });

  test("a target that was emptied, and one that was never marked, are filled all the same", async () => {
    const { reference, content, bucket } = await plant(contentOf(20 * chunk));
    const store = memoryStore();
    const stopped = downloader(store.open()).download(reference, { from: watched(bucket.reader, [], until(11)), to: memoryTarget() });
    await expect(stopped).rejects.toThrow();
    const empty = memoryTarget();
    await downloader(store.open()).download(reference, { from: bucket.reader, to: empty });
    expect(empty.finished()).toEqual(content);
  });

  test("a finished target is not replaced, and nothing is left to remember", async () => {
    const { reference, bucket } = await plant(contentOf(5000));
    const store = memoryStore();
    const to = memoryTarget();
    await downloader(store.open()).download(reference, { from: bucket.reader, to });
    const again = downloader(store.open()).download(reference, { from: bucket.reader, to });
    await expect(again).rejects.toMatchObject({ name: "FileSharingError", code: "target-exists" });
    expect(await recordsOf(store)).toEqual([]);
  });

  test("a deleted file is not-found and leaves nothing behind; deleted in the middle, it keeps what has arrived", async () => {
    const { reference, bucket, path, geometry } = await plant(contentOf(40 * chunk));
    const store = memoryStore();
    const to = memoryTarget();
    let answered = 0;
    const from = watched(bucket.reader, [], async () => {
      if (++answered !== 20) return;
      await bucket.writer.remove(path(1, 0));
      for (let index = 0; index < geometry.totalChunks; index++) await bucket.writer.remove(path(0, index));
    });
    await expect(downloader(store.open()).download(reference, { from, to, parallel: 2 })).rejects.toMatchObject({ code: "not-found" });
    const [waiting] = await downloader(store.open()).list();
    expect(waiting?.done).toBeGreaterThanOrEqual(15 * chunk);
    expect(to.finished()).toBeUndefined();

    const other = memoryTarget("other");
    await expect(downloader(store.open()).download(reference, { from, to: other })).rejects.toMatchObject({ code: "not-found" });
    expect(await other.read(0, 1)).toEqual(new Uint8Array());
    expect((await downloader(store.open()).list()).map(({ target }) => target)).toEqual(["memory"]);
  });

  test("a target that fails ends it with the target's error and keeps what has arrived", async () => {
    const { reference, content, bucket, geometry } = await plant(contentOf(40 * chunk));
    const store = memoryStore();
    const to = memoryTarget();
    let room = 15;
    const write = to.write.bind(to);
    const full = Object.assign(Object.create(to) as typeof to, {
      id: to.id,
      open: to.open.bind(to),
      read: to.read.bind(to),
      close: to.close.bind(to),
      write: async (...args: Parameters<typeof write>) => {
        if (--room < 0) throw new FileSharingError("disk-full", "the test's disk is full");
        return write(...args);
      },
    });
    await expect(downloader(store.open()).download(reference, { from: bucket.reader, to: full })).rejects.toMatchObject({
      code: "disk-full",
    });
    const asked: Path[] = [];
    await downloader(store.open()).download(reference, { from: watched(bucket.reader, asked), to });
    expect(to.finished()).toEqual(content);
    expect(asked.length).toBe(1 + geometry.totalChunks - 15);
  });

  test("an abort ends it with the reason, closes the target and keeps what has arrived", async () => {
    const { reference, content, bucket, geometry } = await plant(contentOf(40 * chunk));
    const store = memoryStore();
    const to = memoryTarget();
    const controller = new AbortController();
    const onProgress = ({ done }: Progress): void => {
      if (done === 20 * chunk) controller.abort(new Error("enough"));
    };
    const stopped = downloader(store.open()).download(reference, {
      from: bucket.reader,
      to,
      onProgress,
      parallel: 1,
      signal: controller.signal,
    });
    await expect(stopped).rejects.toThrow("enough");
    const asked: Path[] = [];
    await downloader(store.open()).download(reference, { from: watched(bucket.reader, asked), to });
    expect(to.finished()).toEqual(content);
    expect(asked.length).toBe(1 + geometry.totalChunks - 20);
  });

  test("forget removes what has arrived and every record, of this download alone", async () => {
    const { reference, bucket } = await plant(contentOf(200 * chunk));
    const store = memoryStore();
    const [to, other] = [memoryTarget("one"), memoryTarget("other")];
    for (const target of [to, other]) {
      const stopped = downloader(store.open()).download(reference, { from: watched(bucket.reader, [], until(150)), to: target });
      await expect(stopped).rejects.toThrow();
    }
    await downloader(store.open()).forget(reference, to);
    expect(await to.read(0, 1)).toEqual(new Uint8Array());
    expect((await downloader(store.open()).list()).map(({ target }) => target)).toEqual(["other"]);
    await downloader(store.open()).forget(reference, other);
    expect(await recordsOf(store)).toEqual([]);
    await downloader(store.open()).forget(reference, other);
  });

  test("a target's id that is too long, and a damaged record, are named", async () => {
    const { reference, bucket } = await plant(contentOf(5 * chunk));
    const store = memoryStore();
    const long = downloader(store.open()).download(reference, { from: bucket.reader, to: memoryTarget("x".repeat(1025)) });
    await expect(long).rejects.toMatchObject({ code: "bad-options" });
    const to = memoryTarget();
    await expect(downloader(store.open()).download(reference, { from: watched(bucket.reader, [], until(3)), to })).rejects.toThrow();
    const local = store.open();
    for (const { name } of await recordsOf(store)) {
      await local.commit({ expected: new Map(), put: new Map([[name, Uint8Array.of(1, 2, 3)]]), remove: new Set() });
    }
    await expect(downloader(local).download(reference, { from: bucket.reader, to })).rejects.toMatchObject({ code: "corrupt-state" });
    await downloader(local).forget(reference, to);
    await downloader(local).download(reference, { from: bucket.reader, to });
  });
});

describe("two runs of one home with one target", () => {
  test("add to each other's record; the file is whole, and the later one hears that it was too late", async () => {
    const { reference, content, bucket } = await plant(contentOf(100 * chunk));
    const store = memoryStore();
    const to = memoryTarget();
    const runs = [1, 2].map(() => downloader(store.open()).download(reference, { from: bucket.reader, to, parallel: 3 }));
    const outcomes = await Promise.allSettled(runs);
    const refused = outcomes.filter((one) => one.status === "rejected").map((one) => (one.reason as FileSharingError).code);
    expect(refused.length).toBeLessThanOrEqual(1);
    for (const code of refused) expect(["taken-over", "target-exists"]).toContain(code);
    expect(to.finished()).toEqual(content);
    expect(await recordsOf(store)).toEqual([]);
  });

  test("one whose download was forgotten by the other ends as taken-over", async () => {
    const { reference, bucket } = await plant(contentOf(40 * chunk));
    const store = memoryStore();
    const to = memoryTarget();
    let answered = 0;
    const from = watched(bucket.reader, [], async () => {
      if (++answered === 20) await downloader(store.open()).forget(reference, to);
    });
    const run = downloader(store.open()).download(reference, { from, to, parallel: 1 });
    await expect(run).rejects.toMatchObject({ code: "taken-over", retryable: false });
    expect(await recordsOf(store)).toEqual([]);
  });
});

describe("a file that is opened through its target", () => {
  test("is read from there where it is there; what was fetched is kept for the download", async () => {
    const { reference, content, bucket, geometry, path } = await plant(contentOf(40 * chunk));
    const store = memoryStore();
    const to = memoryTarget();
    const asked: Path[] = [];
    const from = watched(bucket.reader, asked);
    const file = await downloader(store.open()).open(reference, { from, to });
    expect(await file.read({ offset: 10 * chunk + 5, length: 2 * chunk })).toEqual(content.slice(10 * chunk + 5, 12 * chunk + 5));
    await file.close();
    expect(asked.splice(0)).toEqual([path(1, 0), path(0, 10), path(0, 11), path(0, 12)]);

    const again = await downloader(store.open()).open(reference, { from, to });
    expect(await again.read({ offset: 10 * chunk, length: 3 * chunk })).toEqual(content.slice(10 * chunk, 13 * chunk));
    expect(asked.splice(0)).toEqual([path(1, 0)]);
    expect(await collect(again.stream({ offset: 9 * chunk, length: 5 * chunk }))).toEqual(content.slice(9 * chunk, 14 * chunk));
    expect(asked.splice(0)).toEqual([path(0, 9), path(0, 13)]);
    await again.close();

    await downloader(store.open()).download(reference, { from, to });
    expect(to.finished()).toEqual(content);
    expect(asked.length).toBe(1 + geometry.totalChunks - 5);
  });

  test("what was altered in the target is fetched, never handed out", async () => {
    const { reference, content, bucket } = await plant(contentOf(5 * chunk));
    const store = memoryStore();
    const to = memoryTarget();
    const first = await downloader(store.open()).open(reference, { from: bucket.reader, to });
    await first.read({ offset: 0, length: 5 * chunk });
    await to.write(chunk, Uint8Array.of(0, 0, 0));
    const second = await downloader(store.open()).open(reference, { from: bucket.reader, to });
    expect(await second.read({ offset: 0, length: 5 * chunk })).toEqual(content);
    expect(await to.read(0, 5 * chunk)).toEqual(content);
  });

  test("a target that cannot be opened is told at once and leaves no record", async () => {
    const { reference, bucket } = await plant(contentOf(5 * chunk));
    const store = memoryStore();
    const to = memoryTarget();
    await downloader(store.open()).download(reference, { from: bucket.reader, to });
    const opening = downloader(store.open()).open(reference, { from: bucket.reader, to });
    await expect(opening).rejects.toMatchObject({ code: "target-exists" });
    expect(await recordsOf(store)).toEqual([]);
  });
});
