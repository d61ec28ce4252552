import { expect, test } from "vitest";
import type { DownloadLog } from "../../src/download-log.ts";
import { memoryTarget } from "../../src/index.ts";
import { PartialFile } from "../../src/partial-file.ts";
import type { RemoteFile } from "../../src/remote-file.ts";

const { signal } = new AbortController();
const chunk = { content: new Uint8Array(1024).fill(1), salt: new Uint8Array(24) };

/** A file in chunks of 1 KiB whose target begins to flush after 4 KiB. */
function scene(sync: () => Promise<void>) {
  const remote = { descriptor: { geometry: { log2: 10 } } } as unknown as RemoteFile;
  const marked: number[] = [];
  const log = { mark: async (index: number) => void marked.push(index) } as unknown as DownloadLog;
  return { marked, partial: new PartialFile(remote, { ...target(), sync }, log, 4096) };
}

function target() {
  const memory = memoryTarget();
  return { ...memory, id: memory.id, write: memory.write.bind(memory) } as typeof memory;
}

test("the disk is asked to begin while chunks arrive, once at a time, and nobody waits for it", async () => {
  const syncs: PromiseWithResolvers<void>[] = [];
  const { marked, partial } = scene(() => {
    syncs.push(Promise.withResolvers());
    return (syncs.at(-1) as PromiseWithResolvers<void>).promise;
  });
  for (let index = 0; index < 12; index++) await partial.keep(index, chunk, signal);
  expect([marked.length, syncs.length]).toEqual([12, 1]);
  let isSettled = false;
  const settled = partial.settled().then(() => {
    isSettled = true;
  });
  await partial.keep(12, chunk, signal);
  expect(isSettled).toBe(false);
  syncs[0]?.resolve();
  await settled;
  await partial.keep(13, chunk, signal);
  expect(syncs.length).toBe(2);
  syncs[1]?.resolve();
  await partial.settled();
});

test("a flush that fails is heard of, also where the disk tells of it only once: by the next chunk, and at the end", async () => {
  let syncs = 0;
  const { marked, partial } = scene(async () => {
    if (++syncs === 2) throw new Error("the disk lost something");
  });
  for (let index = 0; index < 8; index++) {
    await partial.keep(index, chunk, signal);
    await partial.settled();
  }
  expect(await partial.settled()).toEqual({ isSound: false });
  await expect(partial.keep(8, chunk, signal)).rejects.toThrow("lost something");
  await expect(partial.sync()).rejects.toThrow("lost something");
  expect([marked.length, syncs]).toEqual([8, 2]);
});

test("what is left at the end is flushed then, after what is under way", async () => {
  const first = Promise.withResolvers<void>();
  let syncs = 0;
  const { partial } = scene(() => (++syncs === 1 ? first.promise : Promise.resolve()));
  for (let index = 0; index < 4; index++) await partial.keep(index, chunk, signal);
  const synced = partial.sync();
  expect(syncs).toBe(1);
  first.resolve();
  await synced;
  expect(syncs).toBe(2);
  expect(await partial.settled()).toEqual({ isSound: true });
});
