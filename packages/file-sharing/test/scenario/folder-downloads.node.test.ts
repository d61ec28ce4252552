import { link, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore } from "@cweb/storage-local/memory";
import type { Path } from "@cweb/storage-remote";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FolderTarget } from "../../src/folder-target.ts";
import { folderTarget } from "../../src/node.ts";
import { brokenFs, failing } from "../support/broken-fs.ts";
import { downloader, watched } from "../support/downloads.ts";
import { expectBytes } from "../support/home.ts";
import { contentOf, plant } from "../support/tree.ts";

const chunk = 1024;
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cweb-downloads-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("downloads into a folder", () => {
  test("two homes that fetch one file into one place at once both end well, or the later one is told that it is there", async () => {
    const { reference, content, bucket } = await plant(contentOf(100 * chunk));
    const runs = [1, 2].map(() =>
      downloader(memoryStore()).download(reference, { from: bucket.reader, to: folderTarget(folder, "a", { tag: "x" }), parallel: 2 }),
    );
    const outcomes = await Promise.allSettled(runs);
    expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
    for (const one of outcomes) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "target-exists" });
    expect(await readdir(folder)).toEqual(["a"]);
    expectBytes(await readFile(join(folder, "a")), content);
  });

  test("two files of one name do not meet while they grow; the second is not put over the first", async () => {
    const [one, two] = [await plant(contentOf(50 * chunk)), await plant(contentOf(50 * chunk, 2), { seed: 2 })];
    const outcomes = await Promise.allSettled(
      [one, two].map(({ reference, bucket }) =>
        downloader(memoryStore()).download(reference, { from: bucket.reader, to: folderTarget(folder, "a", { tag: reference.fileId }) }),
      ),
    );
    const won = outcomes.findIndex(({ status }) => status === "fulfilled");
    expect(outcomes[1 - won]).toMatchObject({ status: "rejected", reason: { code: "target-exists" } });
    expectBytes(await readFile(join(folder, "a")), [one, two][won]?.content as Uint8Array);
  });

  test("a disk that fills up ends it as disk-full; with room again it goes on from there", async () => {
    const { reference, content, bucket, geometry } = await plant(contentOf(60 * chunk));
    const local = memoryStore();
    let room = 25;
    const fs = brokenFs({});
    const open: typeof fs.open = async (...args) => {
      const handle = await fs.open(...args);
      const write = handle.write.bind(handle) as (...all: unknown[]) => Promise<unknown>;
      const limited = async (...all: unknown[]): Promise<unknown> => {
        if (--room < 0) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
        return write(...all);
      };
      return Object.defineProperty(handle, "write", { value: limited });
    };
    const full = new FolderTarget(folder, "a", {}, { ...fs, open });
    await expect(downloader(local).download(reference, { from: bucket.reader, to: full })).rejects.toMatchObject({ code: "disk-full" });
    expect(await readdir(folder)).toEqual([".a.0.part"]);
    const asked: Path[] = [];
    await downloader(local).download(reference, { from: watched(bucket.reader, asked), to: folderTarget(folder, "a") });
    expect(asked.length).toBe(1 + geometry.totalChunks - 25);
    expectBytes(await readFile(join(folder, "a")), content);
  });

  test("after a disk has lost what was written, which it tells once, no file is shown, and the next run fetches all of it", async () => {
    const { reference, content, bucket, geometry } = await plant(contentOf(60 * chunk));
    const local = memoryStore();
    let syncs = 0;
    const lossy = brokenFs({
      datasync: async () => {
        if (++syncs === 1) throw Object.assign(new Error("lost"), { code: "EIO" });
        return undefined as never;
      },
    });
    const to = new FolderTarget(folder, "a", {}, lossy);
    await expect(downloader(local).download(reference, { from: bucket.reader, to })).rejects.toMatchObject({ code: "target-failed" });
    expect(await readdir(folder)).toEqual([".a.0.part"]);
    const asked: Path[] = [];
    await downloader(local).download(reference, { from: watched(bucket.reader, asked), to: folderTarget(folder, "a") });
    expect(asked.length).toBe(1 + geometry.totalChunks);
    expectBytes(await readFile(join(folder, "a")), content);
  });

  test("a run that died while it named the file is finished by the next, without a chunk fetched again", async () => {
    const { reference, content, bucket, path } = await plant(contentOf(60 * chunk));
    const local = memoryStore();
    const unlinkDies = brokenFs({
      unlink: async () => {
        throw Object.assign(new Error("died"), { code: "EIO" });
      },
    });
    const dying = new FolderTarget(folder, "a", {}, unlinkDies);
    await expect(downloader(local).download(reference, { from: bucket.reader, to: dying })).rejects.toMatchObject({
      code: "target-failed",
    });
    expect((await readdir(folder)).sort()).toEqual([".a.0.part", "a"]);
    const asked: Path[] = [];
    await downloader(local).download(reference, { from: watched(bucket.reader, asked), to: folderTarget(folder, "a") });
    expect(asked).toEqual([path(1, 0)]);
    expect(await readdir(folder)).toEqual(["a"]);
    expectBytes(await readFile(join(folder, "a")), content);
    expect(await local.scan("", { limit: 10 })).toEqual([]);
  });

  test("what its user has written into the file since then stays", async () => {
    const { reference, content, bucket } = await plant(contentOf(60 * chunk));
    const local = memoryStore();
    const dying = new FolderTarget(folder, "a", {}, brokenFs({ unlink: failing("EIO") }));
    await expect(downloader(local).download(reference, { from: bucket.reader, to: dying })).rejects.toMatchObject({
      code: "target-failed",
    });
    const mine = content.slice();
    mine[30 * chunk] = ~(mine[30 * chunk] as number);
    await writeFile(join(folder, "a"), mine);
    const again = downloader(local).download(reference, { from: bucket.reader, to: folderTarget(folder, "a") });
    await expect(again).rejects.toMatchObject({ code: "target-exists" });
    expectBytes(await readFile(join(folder, "a")), mine);
    expect(await readdir(folder)).toEqual(["a"]);
  });

  test("a file of the user's own that came to stand under the name while a finished run was not heard of is not taken for it", async () => {
    const { reference, bucket } = await plant(contentOf(60 * chunk));
    const local = memoryStore();
    const linkDies = brokenFs({
      link: async () => {
        throw Object.assign(new Error("died"), { code: "EIO" });
      },
    });
    const dying = new FolderTarget(folder, "a", {}, linkDies);
    await expect(downloader(local).download(reference, { from: bucket.reader, to: dying })).rejects.toMatchObject({
      code: "target-failed",
    });
    for (const mine of [contentOf(60 * chunk, 5), contentOf(61 * chunk), new Uint8Array()]) {
      await writeFile(join(folder, "a"), mine);
      const again = downloader(local).download(reference, { from: bucket.reader, to: folderTarget(folder, "a") });
      await expect(again).rejects.toMatchObject({ code: "target-exists" });
      expectBytes(await readFile(join(folder, "a")), mine);
    }
    await rm(join(folder, "a"));
    // The same file in full, by another way, is what was wanted.
    await link(join(folder, ".a.0.part"), join(folder, "a"));
    await rm(join(folder, ".a.0.part"));
    expect(await downloader(local).download(reference, { from: bucket.reader, to: folderTarget(folder, "a") })).toEqual({
      size: 60 * chunk,
    });
  });
});
