import { seededRandom } from "@cweb/crypto/testing";
import { type Crash, crashAt, SimulatedCrash, withCrashes } from "@cweb/storage-local/testing";
import type { RemoteWriter } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { geometryOf } from "../../src/core/geometry.ts";
import { bytesSource, type FilePublisher, type FileReference, type FileSource, type PublishedFile } from "../../src/index.ts";
import { content, createHome, type Home, readBack } from "../support/home.ts";
import { PutLedger } from "../support/ledger.ts";

const chunk = 1_024;
const late = 20 * 60_000;
const options = { name: "film", key: "a path", chunkLog2: 10, parallel: 3 };

/** A process of this home that dies by plan. */
function mortal(home: Home, writer: RemoteWriter, crash: Crash, seed: number): FilePublisher {
  return home.publisher({
    local: withCrashes(home.local, crash),
    writer: {
      checksClock: false,
      write: (path, bytes, rest) => crash.run(() => writer.write(path, bytes, rest)),
      remove: (path, rest) => crash.run(() => writer.remove(path, rest)),
    },
    random: seededRandom(seed),
  });
}

async function survive<T>(run: Promise<T>): Promise<T | "died"> {
  try {
    return await run;
  } catch (error) {
    if (error instanceof SimulatedCrash) return "died";
    throw error;
  }
}

/** Bytes with a name for their state, as a file on a disk has it. */
function fileLike(bytes: Uint8Array, fingerprint: string): FileSource {
  return { ...bytesSource(bytes), fingerprint: async () => fingerprint };
}

async function expectClean(home: Home, publisher: FilePublisher, file: PublishedFile): Promise<void> {
  await publisher.tidy();
  home.clock.advance(late);
  expect(await publisher.tidy()).toEqual({ next: undefined });
  // What is in the bucket is the file and nothing else.
  const { totalChunks } = geometryOf(file.size as number, 10);
  expect(home.bucket.objects().size).toBe(totalChunks + 1);
  await publisher.remove(file.fileId);
  home.clock.advance(late);
  await publisher.tidy();
  expect(home.bucket.objects().size).toBe(0);
  expect(await home.local.scan("file/", { limit: 10 })).toEqual([]);
}

interface Case {
  readonly title: string;
  readonly first: Uint8Array;
  readonly second: Uint8Array;
}
const whole = content(6 * chunk);
const changed = whole.slice();
changed.fill(9, 3 * chunk, 3 * chunk + 5);

const cases: readonly Case[] = [
  { title: "an unchanged source", first: whole, second: whole },
  { title: "a source with another chunk", first: whole, second: changed },
  { title: "a source that became shorter", first: whole, second: whole.slice(0, 5 * chunk) },
  { title: "a source that became longer", first: whole.slice(0, 5 * chunk), second: whole },
];

describe.each(cases)("a publisher that dies at any port call, $title", ({ first, second }) => {
  const isSame = first === second;

  async function lifeAndDeath(call: number, when: "before" | "after"): Promise<boolean> {
    const home = createHome();
    const ledger = new PutLedger();
    const writer = ledger.watch(home.bucket.writer);
    const crash = crashAt({ call, when });
    const earlier = await survive(mortal(home, writer, crash, 1).publish(fileLike(first, "1"), options));
    const putsBefore = ledger.puts;
    const publisher = home.publisher({ writer, random: seededRandom(2) });
    const file = await publisher.publish(fileLike(second, isSame ? "1" : "2"), options);
    expect(file.reference && (await readBack(home, file.reference))).toEqual(second);
    expect(ledger.torn).toEqual([]);
    if (isSame) {
      expect(ledger.puts).toBeLessThanOrEqual(6 + 1 + options.parallel);
      if (earlier !== "died") expect(ledger.puts).toBe(putsBefore);
    }
    for (const { fileId } of await publisher.list()) if (fileId !== file.fileId) await publisher.remove(fileId);
    await expectClean(home, publisher, file);
    expect(ledger.torn).toEqual([]);
    return earlier === "died";
  }

  test("M13: one path never gets two contents; what arrived is not sent again; nothing is left behind", async () => {
    let call = 1;
    while ((await lifeAndDeath(call, "before")) && (await lifeAndDeath(call, "after"))) call++;
    expect(call).toBeGreaterThan(20);
  });
});

describe("a removal that dies at any port call", () => {
  async function lifeAndDeath(call: number, when: "before" | "after"): Promise<boolean> {
    const home = createHome();
    const publisher = home.publisher();
    const file = await publisher.publish(bytesSource(whole), options);
    home.clock.advance(late);
    const outcome = await survive(mortal(home, home.bucket.writer, crashAt({ call, when }), 1).remove(file.fileId));
    const left = await publisher.get(file.fileId);
    if (left?.state === "published") {
      expect(await readBack(home, file.reference as FileReference)).toEqual(whole);
      await publisher.remove(file.fileId);
    }
    await publisher.tidy();
    expect(home.bucket.objects().size).toBe(0);
    expect(await home.local.scan("file/", { limit: 10 })).toEqual([]);
    return outcome === "died";
  }

  test("is finished by tidy, or has not begun", async () => {
    let call = 1;
    while ((await lifeAndDeath(call, "before")) && (await lifeAndDeath(call, "after"))) call++;
    expect(call).toBeGreaterThan(10);
  });
});
