import type { RemoteWriter } from "@cweb/storage-remote";
import { StorageRemoteError } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { blobSource, bytesSource, type FileReference, type FileSource, type Progress, streamSource, toFileId } from "../../src/index.ts";
import { content, createHome, expectBytes, readBack } from "../support/home.ts";

const kib = 1_024;
const small = { name: "a", chunkLog2: 10 };
const boundaries = [0, 1, kib - 1, kib, kib + 1, 2 * kib, 4 * kib, 4 * kib + 1, 10_000, 960 * kib - 1, 960 * kib, 960 * kib + 1];

function streamOf(bytes: Uint8Array, part: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + part));
      at += part;
    },
  });
}

describe("publishing", () => {
  test.each(boundaries)("%i bytes in memory can be read", async (size) => {
    const home = createHome();
    const bytes = content(size);
    const file = await home.publisher().publish(bytesSource(bytes), small);
    expect(file).toMatchObject({ state: "published", size, done: size, mime: "application/octet-stream", recipients: [] });
    expectBytes(await readBack(home, file.reference as FileReference), bytes);
  });

  test.each(boundaries.filter((size) => size !== 960 * kib - 1))(
    "a stream of %i bytes whose length nobody has told can be read",
    async (size) => {
      const home = createHome();
      const bytes = content(size);
      const totals: (number | undefined)[] = [];
      const onProgress = ({ total }: Progress): void => void totals.push(total);
      const file = await home.publisher().publish(streamSource(streamOf(bytes, 1_500)), { ...small, onProgress });
      expect(file).toMatchObject({ state: "published", size, done: size });
      expect(new Set(totals)).toEqual(new Set([undefined]));
      expectBytes(await readBack(home, file.reference as FileReference), bytes);
    },
  );

  test.each([0, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 2 * 2 ** 20])("%i bytes of a Blob can be read, in chunks of 1 MiB", async (size) => {
    const home = createHome();
    const bytes = content(size);
    const file = await home.publisher().publish(blobSource(new Blob([bytes as BlobPart])), { name: "a", mime: "video/mp4", mtime: 5 });
    expect(file).toMatchObject({ size, mime: "video/mp4", mtime: 5 });
    expectBytes(await readBack(home, file.reference as FileReference), bytes);
    const lengths = [...home.bucket.objects().values()].map(({ length }) => length);
    expect(Math.max(...lengths)).toBe(size === 0 ? 65_536 : 2 ** 20 + 72);
  });

  test("what the provider sees is padded: files of like sizes look alike", async () => {
    const lengths = await Promise.all(
      [8_193, 8_500, 8_704].map(async (size) => {
        const home = createHome();
        await home.publisher().publish(bytesSource(content(size)), { name: `${size}`, mime: "text/plain", mtime: size });
        return [...home.bucket.objects().values()].map((bytes) => bytes.length).sort((a, b) => a - b);
      }),
    );
    expect(lengths).toEqual([lengths[0], lengths[0], lengths[0]]);
    expect(lengths[0]).toEqual([8_704 + 72, 65_536]);
  });

  test("no two files share a path or a byte, even of the same content", async () => {
    const home = createHome();
    const publisher = home.publisher();
    for (let i = 0; i < 2; i++) await publisher.publish(bytesSource(content(8 * kib)), small);
    const objects = [...home.bucket.objects()];
    expect(objects.length).toBe(18);
    expect(new Set(objects.map(([, bytes]) => bytes.subarray(0, 64).join())).size).toBe(18);
    for (const [path] of objects) expect(path).toMatch(/^[a-z2-7]{32}$/);
  });

  test("progress rises to the end", async () => {
    const home = createHome();
    const seen: Progress[] = [];
    await home.publisher().publish(bytesSource(content(10_000)), { ...small, onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ done }) => done)).toEqual([...seen.map(({ done }) => done)].sort((a, b) => a - b));
    expect(seen.at(-1)).toMatchObject({ done: 10_000, total: 10_000 });
    expect(seen.length).toBe(10);
  });

  test.each([
    [1, 10, 1],
    [3, 10, 3],
    [100, 23, 5],
  ])("with parallel %i and chunks of 2^%i at most %i requests run at a time", async (parallel, chunkLog2, most) => {
    const home = createHome();
    let running = 0;
    let seen = 0;
    const writer: RemoteWriter = {
      ...home.bucket.writer,
      async write(path, _bytes, options) {
        seen = Math.max(seen, ++running);
        for (let i = 0; i < 50; i++) await Promise.resolve();
        running--;
        return home.bucket.writer.write(path, new Uint8Array(), options);
      },
    };
    const size = 2 ** chunkLog2 * 12;
    const zeros: FileSource = { size, skips: true, read: async (offset, length) => new Uint8Array(Math.min(length, size - offset)) };
    await home.publisher({ writer }).publish(zeros, { name: "a", chunkLog2, parallel });
    expect(seen).toBeLessThanOrEqual(most);
    expect(seen).toBeGreaterThanOrEqual(1);
  });

  test("each PUT comes with the hash of its bytes", async () => {
    const home = createHome();
    const right: boolean[] = [];
    const writer: RemoteWriter = {
      ...home.bucket.writer,
      async write(path, bytes, options) {
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource));
        right.push(hash.join() === options?.sha256?.join());
        return home.bucket.writer.write(path, bytes, options);
      },
    };
    await home.publisher({ writer }).publish(bytesSource(content(6 * kib)), small);
    expect(right).toEqual(Array(7).fill(true));
  });

  test("a storage that fails for good ends it, keeps what arrived, and the next call goes on", async () => {
    const home = createHome();
    let left = 4;
    const writer: RemoteWriter = {
      ...home.bucket.writer,
      write: async (path, bytes, options) => {
        if (left-- <= 0) throw new StorageRemoteError("unreachable", "gone");
        return home.bucket.writer.write(path, bytes, options);
      },
    };
    const options = { ...small, key: "k", parallel: 2 };
    const failing = home.publisher({ writer }).publish(bytesSource(content(8 * kib)), options);
    await expect(failing).rejects.toMatchObject({ code: "storage-failed", retryable: true, cause: { code: "unreachable" } });
    expect(await home.publisher().list()).toMatchObject([
      { state: "uploading", done: 4 * kib, size: 8 * kib, reference: undefined, key: "k" },
    ]);
    expect((await home.publisher().publish(bytesSource(content(8 * kib)), options)).state).toBe("published");
  });

  test("a refusal is told at once and not tried again", async () => {
    const home = createHome();
    let puts = 0;
    const write = async (): Promise<never> => {
      puts++;
      throw new StorageRemoteError("refused", "no");
    };
    const publishing = home
      .publisher({ writer: { ...home.bucket.writer, write } })
      .publish(bytesSource(content(1)), { name: "a", parallel: 1 });
    await expect(publishing).rejects.toMatchObject({ code: "storage-failed", retryable: false, cause: { code: "refused" } });
    expect(puts).toBe(1);
  });

  test.each([
    [{ name: "" }, "bad-name"],
    [{ name: "x".repeat(256) }, "bad-name"],
    [{ name: "a\u0000b" }, "bad-name"],
    [{ name: "a\u001bb" }, "bad-name"],
    [{ name: "a\ud800" }, "bad-name"],
    [{ name: "a", mime: "" }, "bad-name"],
    [{ name: "a", mime: "é" }, "bad-name"],
    [{ name: "a", mime: "x".repeat(128) }, "bad-name"],
    [{ name: "a", key: "" }, "bad-options"],
    [{ name: "a", key: "x".repeat(1_025) }, "bad-options"],
    [{ name: "a", mtime: -1 }, "bad-options"],
    [{ name: "a", mtime: 0.5 }, "bad-options"],
    [{ name: "a", chunkLog2: 9 }, "bad-options"],
    [{ name: "a", chunkLog2: 24 }, "bad-options"],
  ])("%j is refused as %s before anything is stored", async (options, code) => {
    const home = createHome();
    await expect(home.publisher().publish(bytesSource(new Uint8Array()), options)).rejects.toMatchObject({ code, retryable: false });
    expect(await home.local.scan("", { limit: 1 })).toEqual([]);
    expect(home.bucket.objects().size).toBe(0);
  });

  test("names are data: separators, dots and any script are kept as they are", async () => {
    const home = createHome();
    for (const name of ["../../etc/passwd", "a/b\\c", "..", "日本語.txt", "\u202egnp.exe", "x".repeat(255)]) {
      const { reference } = await home.publisher().publish(bytesSource(content(1)), { name });
      expect(reference?.name).toBe(name);
    }
  });

  test("a file above 512 TiB is refused before anything is read", async () => {
    const home = createHome();
    const source: FileSource = { size: 2 ** 49 + 1, skips: true, read: () => Promise.reject(new Error("read")) };
    await expect(home.publisher().publish(source, { name: "a" })).rejects.toMatchObject({ code: "too-large" });
  });

  test("the source is closed once, however it ends", async () => {
    const home = createHome();
    let closed = 0;
    const source = (fails: boolean): FileSource => ({
      ...bytesSource(content(10)),
      ...(fails && { read: () => Promise.reject(new Error("broken")) }),
      close: async () => void closed++,
    });
    await home.publisher().publish(source(false), { name: "a", key: "k" });
    expect(closed).toBe(1);
    await expect(home.publisher().publish(source(true), { name: "b" })).rejects.toThrow("broken");
    expect(closed).toBe(2);
    await home.publisher().publish(source(true), { name: "a", key: "k" });
    expect(closed).toBe(3);
  });
});

describe("the list of own files", () => {
  test("tells each file and whom it was sent to", async () => {
    const home = createHome();
    const publisher = home.publisher();
    const { fileId } = await publisher.publish(bytesSource(content(5)), { name: "a" });
    for (const name of ["bob", "carol", "bob"]) await publisher.markSent(fileId, name);
    expect(await publisher.list()).toEqual([await publisher.get(fileId)]);
    expect(await publisher.get(fileId)).toMatchObject({ recipients: ["bob", "carol"], publishedAt: home.clock.now() });
  });

  test("holds many files", async () => {
    const home = createHome();
    const publisher = home.publisher();
    for (let i = 0; i < 130; i++) await publisher.publish(bytesSource(new Uint8Array([i])), { name: `${i}` });
    expect(new Set((await publisher.list()).map(({ name }) => name)).size).toBe(130);
  });

  test("of an unknown file there is nothing to tell, mark or remove", async () => {
    const home = createHome();
    const fileId = toFileId("a".repeat(26));
    expect(await home.publisher().get(fileId)).toBeUndefined();
    await expect(home.publisher().markSent(fileId, "bob")).rejects.toMatchObject({ code: "unknown-file" });
    await expect(home.publisher().remove(fileId)).rejects.toMatchObject({ code: "unknown-file" });
    for (const text of ["", "a", "a".repeat(25), "a".repeat(27), "A".repeat(26), `${"a".repeat(25)}b`]) {
      expect(() => toFileId(text)).toThrow(expect.objectContaining({ code: "unknown-file" }));
    }
  });

  test("a recipient has a name", async () => {
    const home = createHome();
    const { fileId } = await home.publisher().publish(bytesSource(content(5)), { name: "a" });
    for (const name of ["", "x".repeat(257)]) {
      await expect(home.publisher().markSent(fileId, name)).rejects.toMatchObject({ code: "bad-options" });
    }
  });

  test("damaged records are told as such", async () => {
    const home = createHome();
    const { fileId } = await home.publisher().publish(bytesSource(content(5)), { name: "a" });
    const put = new Map([[`file/own/${fileId}`, new Uint8Array([0x91, 9])]]);
    await home.local.commit({ expected: new Map(), put, remove: new Set() });
    await expect(home.publisher().list()).rejects.toMatchObject({ code: "corrupt-state" });
  });
});
