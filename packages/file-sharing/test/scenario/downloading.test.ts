import { cipherSuite } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { memoryStore } from "@cweb/storage-local/memory";
import { describe, expect, test } from "vitest";
import { FileDownloader, memoryTarget, type Progress } from "../../src/index.ts";
import { contentOf, plant } from "../support/tree.ts";

describe("a download", () => {
  test("ends with the file, whole, under its name, and with no record of it", async () => {
    for (const size of [0, 1, 4096, 100_000]) {
      const { reference, content, bucket } = await plant(contentOf(size));
      const store = memoryStore();
      const local = store.open();
      const downloader = new FileDownloader({ local, crypto: cipherSuite, random: seededRandom(1), clock: new VirtualClock() });
      const to = memoryTarget();
      const progress: Progress[] = [];
      expect(await downloader.download(reference, { from: bucket.reader, to, onProgress: (one) => progress.push(one) })).toEqual({ size });
      expect(to.finished()).toEqual(content);
      expect(progress.at(-1)).toMatchObject({ done: size, total: size });
      expect(await local.scan("", { limit: 10 })).toEqual([]);
    }
  });
});
