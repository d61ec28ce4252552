import { type MemoryStore, memoryStore } from "@cweb/storage-local/memory";
import { crashAt, SimulatedCrash } from "@cweb/storage-local/testing";
import type { Path } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { type MemoryTarget, memoryTarget } from "../../src/index.ts";
import { downloader, mortal, watched } from "../support/downloads.ts";
import { contentOf, plant } from "../support/tree.ts";

const parallel = 3;

describe("a download that dies", () => {
  test("at any port call, once and then again, ends with the file after the next run, and fetches at most what was under way twice", async () => {
    const tree = await plant(contentOf(12 * 1024));
    const { reference, content, bucket } = tree;
    const run = async (store: MemoryStore, to: MemoryTarget, plan: Parameters<typeof crashAt>[0], asked: Path[]) => {
      // Where an earlier run had ended but for its caller's hearing of it, the file is there.
      const isOver = to.finished() !== undefined && (await store.open().scan("", { limit: 1 })).length === 0;
      const crash = crashAt(plan);
      const ports = mortal(crash, { local: store.open(), from: watched(bucket.reader, asked), to });
      const outcome = await downloader(ports.local)
        .download(reference, { from: ports.from, to: ports.to, parallel })
        .then(
          () => "done",
          (error: unknown) => (error instanceof SimulatedCrash ? "died" : (error as { readonly code?: string }).code),
        );
      if (outcome !== "died") expect(outcome).toBe(isOver ? "target-exists" : "done");
      if (to.finished() !== undefined) expect(to.finished()).toEqual(content);
      return { outcome, calls: crash.calls };
    };
    const chunksIn = (asked: readonly Path[]): number => asked.filter((path) => path !== tree.path(1, 0)).length;

    const { outcome, calls } = await run(memoryStore(), memoryTarget(), null, []);
    expect(outcome).toBe("done");
    expect(calls).toBeGreaterThan(40);
    for (let call = 1; call <= calls; call++) {
      for (const when of ["before", "after"] as const) {
        const store = memoryStore();
        const to = memoryTarget();
        const asked: Path[] = [];
        await run(store, to, { call, when }, asked);
        // Dies a second time, early in going on, then lives.
        await run(store, to, { call: 1 + (call % 11), when }, asked);
        expect((await run(store, to, null, asked)).outcome).not.toBe("died");
        expect(to.finished()).toEqual(content);
        expect(await store.open().scan("", { limit: 10 })).toEqual([]);
        expect(chunksIn(asked)).toBeLessThanOrEqual(tree.geometry.totalChunks + 2 * parallel);
      }
    }
  });
});
