import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import {
  createFaults,
  type FaultOptions,
  type Faults,
  type Path,
  type RemoteReader,
  type RemoteWriter,
  toPath,
  withFaults,
} from "../../src/index.ts";
import { type MemoryBucket, memoryBucket } from "../../src/memory.ts";

const path = toPath("a");
const other = toPath("b");
const one = new Uint8Array([1, 1, 1]);
const two = new Uint8Array([2, 2, 2]);

interface Broken {
  readonly bucket: MemoryBucket;
  readonly faults: Faults;
  readonly reader: RemoteReader;
  readonly writer: RemoteWriter;
  stored(): Uint8Array | undefined;
  shown(at?: Path): Promise<Uint8Array | string>;
}

function broken(options: Omit<FaultOptions, "random">, seed = 1): Broken {
  const bucket = memoryBucket();
  const faults = createFaults({ random: seededRandom(seed), ...options });
  const reader = withFaults(bucket.reader, faults);
  return {
    bucket,
    faults,
    reader,
    writer: withFaults(bucket.writer, faults),
    stored: () => bucket.objects().get(path),
    async shown(at = path) {
      const result = await reader.read(at, { maxBytes: 100 });
      return result.kind === "found" ? result.bytes : result.kind;
    },
  };
}

describe("withFaults", () => {
  test("without rates it changes nothing", async () => {
    const { writer, stored, shown } = broken({ rates: {} });
    await writer.write(path, one);
    expect([stored(), await shown()]).toEqual([one, one]);
    await writer.remove(path);
    expect(await shown()).toBe("absent");
  });

  test("drop: a write is answered and never happens; what is read is absent for good", async () => {
    const lost = broken({ rates: (call) => (call.op === "put" ? { drop: 1 } : {}) });
    expect(await lost.writer.write(path, one)).toMatchObject({ kind: "stored" });
    await lost.faults.settle();
    expect(lost.stored()).toBeUndefined();
    let dropping = 1;
    const hidden = broken({ rates: () => ({ drop: dropping }) });
    await hidden.bucket.writer.write(path, one);
    expect(await hidden.shown()).toBe("absent");
    dropping = 0;
    expect(await hidden.shown()).toBe("absent");
    await hidden.bucket.writer.write(path, two);
    expect(await hidden.shown()).toEqual(two);
  });

  test("delay: a write takes effect some operations later", async () => {
    const { writer, stored, shown } = broken({ rates: (call) => (call.op === "put" ? { delay: 1 } : {}), holdOperations: 3 });
    await writer.write(path, one);
    expect(stored()).toBeUndefined();
    for (let count = 0; count < 4; count++) await shown(other);
    expect(stored()).toEqual(one);
  });

  test("delay: a change shows some time later", async () => {
    const clock = new VirtualClock();
    let delay = 0;
    const { bucket, shown } = broken({ rates: () => ({ delay }), hold: { clock, milliseconds: 1000 } });
    await bucket.writer.write(path, one);
    expect(await shown()).toEqual(one);
    await bucket.writer.write(path, two);
    delay = 1;
    expect(await shown()).toEqual(one);
    clock.advance(999);
    expect(await shown()).toEqual(one);
    clock.advance(1);
    expect(await shown()).toEqual(two);
  });

  test("corrupt: other bytes are stored or shown", async () => {
    const { writer, stored, shown } = broken({ rates: (call) => (call.op === "put" ? { corrupt: 1 } : {}) });
    await writer.write(path, one);
    expect(stored()).not.toEqual(one);
    expect(await shown()).toEqual(stored());
    const seen = broken({ rates: { corrupt: 1 } });
    await seen.bucket.writer.write(path, one);
    expect(await seen.shown()).not.toEqual(one);
    expect(seen.stored()).toEqual(one);
  });

  test("rollBack: something earlier is shown", async () => {
    let rollBack = 0;
    const { bucket, shown } = broken({ rates: () => ({ rollBack }) });
    await bucket.writer.write(path, one);
    await shown();
    await bucket.writer.write(path, two);
    expect(await shown()).toEqual(two);
    rollBack = 1;
    const seen = new Set<string>();
    for (let count = 0; count < 20; count++) seen.add(String(await shown()));
    expect(seen).toEqual(new Set(["absent", "1,1,1"]));
  });

  test("duplicate: a write lands once more, later, over what came between", async () => {
    let duplicate = 1;
    const { writer, stored, shown, faults } = broken({ rates: () => ({ duplicate }), holdOperations: 50 });
    await writer.write(path, one);
    duplicate = 0;
    await writer.write(path, two);
    expect(stored()).toEqual(two);
    await faults.settle();
    expect(stored()).toEqual(one);
    expect(await shown()).toEqual(one);
  });

  test("cutOff: unreachable, before or after the effect", async () => {
    let effects = 0;
    for (let seed = 0; seed < 40; seed++) {
      const { writer, stored } = broken({ rates: { cutOff: 1 } }, seed);
      await expect(writer.write(path, one)).rejects.toMatchObject({ code: "unreachable", retryable: true });
      effects += stored() === undefined ? 0 : 1;
    }
    expect(effects).toBeGreaterThan(5);
    expect(effects).toBeLessThan(35);
  });

  test("the same seed makes the same faults, and each is told", async () => {
    const run = async (seed: number): Promise<string[]> => {
      const told: string[] = [];
      const rates = { drop: 0.2, delay: 0.2, corrupt: 0.2, rollBack: 0.2, duplicate: 0.2, cutOff: 0.2 };
      const { writer, reader } = broken({ rates, onFault: ({ op, fault }) => told.push(`${op} ${fault}`) }, seed);
      for (let count = 0; count < 30; count++) {
        await writer.write(path, new Uint8Array([count])).catch(() => told.push("!"));
        told.push(JSON.stringify(await reader.read(path, { maxBytes: 9 }).catch(() => "!")));
      }
      return told;
    };
    expect(await run(5)).toEqual(await run(5));
    expect(await run(5)).not.toEqual(await run(6));
    expect(new Set((await run(5)).filter((text) => text.startsWith("get ")).map((text) => text.slice(4))).size).toBeGreaterThan(4);
  });

  test("what is shown is cut and compared as asked", async () => {
    const { bucket, reader } = broken({ rates: {} });
    const stored = await bucket.writer.write(path, new Uint8Array([1, 2, 3, 4]));
    const version = stored.kind === "stored" ? stored.version : expect.unreachable();
    expect(await reader.read(path, { maxBytes: 2, range: { offset: 1, length: 2 } })).toMatchObject({ bytes: new Uint8Array([2, 3]) });
    await expect(reader.read(path, { maxBytes: 3 })).rejects.toMatchObject({ code: "too-large" });
    expect(await reader.read(path, { maxBytes: 4, unless: version })).toEqual({ kind: "unchanged" });
  });
});
