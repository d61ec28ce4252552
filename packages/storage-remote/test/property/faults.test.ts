import { seededRandom } from "@cweb/crypto/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createFaults, type FaultRates, toPath, withFaults } from "../../src/index.ts";
import { memoryBucket } from "../../src/memory.ts";

const rate = fc.double({ min: 0, max: 1, noNaN: true });
const rates = fc.record({ drop: rate, delay: rate, corrupt: fc.constant(0), rollBack: rate, duplicate: rate, cutOff: rate });
const steps = fc.array(fc.record({ op: fc.constantFrom("put", "get", "delete"), at: fc.constantFrom("a", "b") }), { maxLength: 40 });

test("whatever a faulty store does short of corrupting, it shows only what was once written to that path", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), rates, steps, async (seed, chances: FaultRates, script) => {
      const bucket = memoryBucket();
      const faults = createFaults({ random: seededRandom(seed), rates: chances });
      const [reader, writer] = [withFaults(bucket.reader, faults), withFaults(bucket.writer, faults)];
      const written = new Map<string, Set<number>>();
      for (const [index, { op, at }] of script.entries()) {
        const path = toPath(at);
        try {
          if (op === "put") {
            written.set(at, (written.get(at) ?? new Set()).add(index));
            await writer.write(path, new Uint8Array([index]));
          } else if (op === "delete") await writer.remove(path);
          else {
            const result = await reader.read(path, { maxBytes: 1 });
            if (result.kind === "found") expect(written.get(at)?.has(result.bytes[0] ?? -1)).toBe(true);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: "unreachable" });
        }
      }
      await faults.settle();
      for (const [path, bytes] of bucket.objects()) expect(written.get(path)?.has(bytes[0] ?? -1)).toBe(true);
    }),
    { seed: 1, numRuns: 200 },
  );
});
