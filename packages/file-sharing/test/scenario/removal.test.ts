import type { Path, RemoteWriter } from "@cweb/storage-remote";
import { StorageRemoteError } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { objectPath } from "../../src/core/object-name.ts";
import { bytesSource, type FileReference, removeFile } from "../../src/index.ts";
import { content, createHome, crypto, readBack } from "../support/home.ts";

const kib = 1_024;
const late = 20 * 60_000;
const options = { name: "a", key: "k", chunkLog2: 10 };
const deep = content(961 * kib);

describe("removing a file", () => {
  test("deletes the root first, then the pages, then the chunks, and forgets the keys", async () => {
    const home = createHome();
    const { fileId, reference } = await home.publisher().publish(bytesSource(deep), options);
    home.clock.advance(late);
    const sizes = new Map([...home.bucket.objects()].map(([path, { length }]) => [path, length]));
    const order: Path[] = [];
    const remove: RemoteWriter["remove"] = (path, rest) => {
      order.push(path);
      return home.bucket.writer.remove(path, rest);
    };
    await home.publisher({ writer: { ...home.bucket.writer, remove } }).remove(fileId);
    expect(order.length).toBe(1 + 2 + 976);
    expect(order[0]).toBe(objectPath(crypto, (reference as FileReference).rootKey));
    expect(order.slice(0, 3).map((path) => sizes.get(path))).toEqual([65_536, 65_536, 65_536]);
    expect(home.bucket.objects().size).toBe(0);
    expect(await home.local.scan("", { limit: 10 })).toEqual([]);
  });

  test("right after its publication deletes twice, 20 minutes apart: a late PUT leaves nothing", async () => {
    const home = createHome();
    const publisher = home.publisher();
    const { fileId } = await publisher.publish(bytesSource(content(5 * kib)), options);
    const before = home.bucket.snapshot();
    await publisher.remove(fileId);
    expect(home.bucket.objects().size).toBe(0);
    expect(await publisher.get(fileId)).toBeUndefined();
    home.bucket.restore(before);
    expect(await publisher.tidy()).toEqual({ next: home.clock.now() + late });
    expect(home.bucket.objects().size).toBe(6);
    home.clock.advance(late);
    expect(await publisher.tidy()).toEqual({ next: undefined });
    expect(home.bucket.objects().size).toBe(0);
  });

  test("sees to the PUT of a process that was suspended meanwhile, however long", async () => {
    const home = createHome();
    const asleep = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const writer: RemoteWriter = {
      ...home.bucket.writer,
      async write(path, bytes) {
        reached.resolve();
        await asleep.promise;
        return home.bucket.writer.write(path, bytes);
      },
    };
    const sleeping = home.publisher({ writer }).publish(bytesSource(content(5 * kib)), options);
    sleeping.catch(() => undefined);
    await reached.promise;
    const publisher = home.publisher();
    for (const { fileId } of await publisher.list()) await publisher.remove(fileId);
    home.clock.advance(10 * late);
    await publisher.tidy();
    asleep.resolve();
    await expect(sleeping).rejects.toMatchObject({ code: "file-removed", retryable: false });
    expect(home.bucket.objects().size).toBeGreaterThan(0);
    home.clock.advance(late);
    await publisher.tidy();
    expect(home.bucket.objects().size).toBe(0);
  });

  test("that failed goes on in tidy, and its key is free again at once", async () => {
    const home = createHome();
    const publisher = home.publisher();
    const first = await publisher.publish(bytesSource(content(5 * kib)), options);
    const remove = async (): Promise<never> => {
      throw new StorageRemoteError("refused", "no");
    };
    const broken = home.publisher({ writer: { ...home.bucket.writer, remove } });
    await expect(broken.remove(first.fileId)).rejects.toMatchObject({ code: "storage-failed", retryable: false });
    expect(await publisher.get(first.fileId)).toMatchObject({ state: "removing", reference: undefined, publishedAt: undefined });
    const second = await publisher.publish(bytesSource(content(5 * kib)), options);
    expect(second.fileId).not.toBe(first.fileId);
    await publisher.tidy();
    expect((await publisher.list()).map(({ fileId }) => fileId)).toEqual([second.fileId]);
    expect(await publisher.publish(bytesSource(content(5 * kib)), options)).toEqual(second);
    expect(await readBack(home, second.reference as FileReference)).toEqual(content(5 * kib));
  });

  test("after a clock far ahead was put right, what waits for a deletion does not wait for years", async () => {
    const home = createHome();
    const publisher = home.publisher();
    const now = home.clock.now();
    home.clock.setTime(now + 1e12);
    const { fileId } = await publisher.publish(bytesSource(content(5 * kib)), options);
    await publisher.remove(fileId);
    home.clock.setTime(now);
    expect(await publisher.tidy()).toEqual({ next: now + late });
    home.clock.advance(late);
    expect(await publisher.tidy()).toEqual({ next: undefined });
  });
});

describe("removing a file that this home knows nothing of", () => {
  test.each([5 * kib, 961 * kib])("of %i bytes deletes everything that its reference leads to", async (size) => {
    const home = createHome();
    const { reference } = await home.publisher().publish(bytesSource(content(size)), options);
    const ports = { ...home.bucket, crypto, random: home.random, clock: home.clock };
    await removeFile(reference as FileReference, ports);
    expect(home.bucket.objects().size).toBe(0);
    await removeFile(reference as FileReference, ports);
  });

  test("goes on after an interruption anywhere", async () => {
    const home = createHome();
    const { reference } = await home.publisher().publish(bytesSource(deep), options);
    for (const most of [1, 500, 300, 170]) {
      let count = 0;
      const remove: RemoteWriter["remove"] = async (path, rest) => {
        if (++count > most) throw new StorageRemoteError("refused", "no");
        return home.bucket.writer.remove(path, rest);
      };
      const ports = { ...home.bucket, writer: { ...home.bucket.writer, remove }, crypto, random: home.random, clock: home.clock };
      await expect(removeFile(reference as FileReference, ports)).rejects.toMatchObject({ code: "storage-failed" });
    }
    await removeFile(reference as FileReference, { ...home.bucket, crypto, random: home.random, clock: home.clock });
    expect(home.bucket.objects().size).toBe(0);
  });

  test("touches nothing where the root is not the owner's", async () => {
    const home = createHome();
    const { reference } = await home.publisher().publish(bytesSource(content(5)), options);
    const path = objectPath(crypto, (reference as FileReference).rootKey);
    await home.bucket.writer.write(path, new Uint8Array(65_536));
    const ports = { ...home.bucket, crypto, random: home.random, clock: home.clock };
    await expect(removeFile(reference as FileReference, ports)).rejects.toMatchObject({ code: "altered" });
    expect(home.bucket.objects().size).toBe(5);
  });
});
