import { cipherSuite } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import { memoryStore } from "@cweb/storage-local/memory";
import { type Path, type RemoteReader, StorageRemoteError } from "@cweb/storage-remote";
import { memoryBucket } from "@cweb/storage-remote/memory";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FileSharingError, memoryTarget, openFile } from "../../src/index.ts";
import { collect, joined } from "../support/collect.ts";
import { downloader } from "../support/downloads.ts";
import { HastyClock } from "../support/home.ts";
import { flipped, type Lies, lying } from "../support/liar.ts";
import { contentOf, plant } from "../support/tree.ts";

const size = 20_000;
const place = fc.nat({ max: 200 });
const lie = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), of: place, at: fc.nat({ max: 70_000 }), bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant("swap" as const), of: place, with: place }),
  fc.record({ kind: fc.constant("cut" as const), of: place, at: fc.nat({ max: 70_000 }) }),
  fc.record({ kind: fc.constant("drop" as const), of: place, answer: fc.constantFrom("absent" as const, "forbidden" as const) }),
);
const step = fc.oneof(
  fc.record({ kind: fc.constant("read" as const), offset: fc.nat({ max: size }), length: fc.nat({ max: size }) }),
  fc.record({ kind: fc.constant("stream" as const), offset: fc.nat({ max: size }) }),
  fc.record({ kind: fc.constant("download" as const) }),
  fc.record({ kind: fc.constant("cached" as const), offset: fc.nat({ max: size }), length: fc.nat({ max: 3000 }) }),
  fc.record({ kind: fc.constant("lie" as const), lie }),
  fc.record({ kind: fc.constant("honest" as const) }),
);

/** Every third request or so fails for now. */
function unsteady(reader: RemoteReader, seed: number): RemoteReader {
  const random = seededRandom(seed);
  return {
    read: async (path, options) => {
      if ((random.bytes(1)[0] as number) < 80) throw new StorageRemoteError("unreachable", "the test cut the line");
      return reader.read(path, options);
    },
  };
}

describe("M18: a store can only deny, never alter", () => {
  test("M18: whatever it answers, what is handed out is what was shared, or a typed error", async () => {
    const bucket = memoryBucket();
    const trees = [await plant(contentOf(size), { bucket }), await plant(contentOf(size, 2), { bucket, seed: 2 })] as const;
    const { reference, content } = trees[0];
    const stored = bucket.objects();
    const paths = [...trees[0].objects, ...trees[1].objects].map((one) => one.path);
    const at = (index: number): Path => paths[index % paths.length] as Path;
    const known = new Set(["altered", "chunk-missing", "not-found", "storage-failed", "target-exists"]);

    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), fc.nat(), async (steps, seed) => {
        const lies: Lies = new Map();
        const from = unsteady(lying(bucket.reader, lies), seed);
        const local = memoryStore().open();
        const to = memoryTarget();
        const tools = { from, crypto: cipherSuite, clock: new HastyClock(), random: seededRandom(seed), parallel: 1 + (seed % 5) };
        const attempt = async (run: () => Promise<void>): Promise<void> => {
          await run().catch((error: unknown) => {
            // An assertion that failed is no answer of the store.
            if (!(error instanceof FileSharingError)) throw error;
            expect(known).toContain(error.code);
          });
        };
        for (const one of steps) {
          if (one.kind === "honest") lies.clear();
          else if (one.kind === "lie") tell(lies, one.lie);
          else await attempt(() => act(one, tools, to, local));
          expect([undefined, content]).toContainEqual(to.finished());
        }
        lies.clear();
        if (to.finished() === undefined) await until(() => downloader(local).download(reference, { ...tools, to }));
        expect(to.finished()).toEqual(content);
      }),
      { seed: 18, numRuns: 60 },
    );

    function tell(lies: Lies, what: typeof lie extends fc.Arbitrary<infer L> ? L : never): void {
      const path = at(what.of);
      const bytes = stored.get(path) as Uint8Array;
      if (what.kind === "drop") lies.set(path, what.answer);
      else if (what.kind === "swap") lies.set(path, stored.get(at(what.with)) as Uint8Array);
      else if (what.kind === "cut") lies.set(path, bytes.slice(0, what.at % bytes.length));
      else lies.set(path, flipped(bytes, what.at % bytes.length, what.bit));
    }

    async function act(
      one: Extract<typeof step extends fc.Arbitrary<infer S> ? S : never, { kind: "read" | "stream" | "download" | "cached" }>,
      tools: Parameters<typeof openFile>[1],
      to: ReturnType<typeof memoryTarget>,
      local: ReturnType<ReturnType<typeof memoryStore>["open"]>,
    ): Promise<void> {
      if (one.kind === "download") {
        await downloader(local).download(reference, { ...tools, to });
        return;
      }
      const file = one.kind === "cached" ? await downloader(local).open(reference, { ...tools, to }) : await openFile(reference, tools);
      if (one.kind === "stream") {
        const parts: Uint8Array[] = [];
        const streamed = collect(file.stream({ offset: one.offset }), parts);
        await streamed.finally(() => {
          const came = joined(parts);
          expect(came).toEqual(content.slice(one.offset, one.offset + came.length));
        });
        expect(joined(parts).length).toBe(size - one.offset);
        return;
      }
      const length = Math.min(one.length, size - one.offset);
      expect(await file.read({ offset: one.offset, length })).toEqual(content.slice(one.offset, one.offset + length));
      await file.close();
    }

    async function until(run: () => Promise<unknown>): Promise<void> {
      for (let tries = 0; tries < 50; tries++) {
        const done = await run().then(
          () => true,
          (error: unknown) => {
            expect(error).toMatchObject({ code: "storage-failed" });
            return false;
          },
        );
        if (done) return;
      }
      throw new Error("an honest store was not enough");
    }
  });
});
