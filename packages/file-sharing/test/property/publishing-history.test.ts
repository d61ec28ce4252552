import { seededRandom } from "@cweb/crypto/testing";
import { crashAt, SimulatedCrash, withCrashes } from "@cweb/storage-local/testing";
import { createFaults, type Faults, type RemoteWriter, withFaults } from "@cweb/storage-remote";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bytesSource,
  type FileId,
  FilePublisher,
  FileSharingError,
  type FileSource,
  formatFileReference,
  openFile,
} from "../../src/index.ts";
import { content, createHome, crypto, type Home, owner, readBack } from "../support/home.ts";
import { PutLedger } from "../support/ledger.ts";

const late = 20 * 60_000;
const contents = [content(3_000, 1), content(3_000, 2), content(7_000, 3), content(0), content(5_120, 4)];
// One chunk of the second is another one than of the first, the rest is the same.
contents[1] = (contents[0] as Uint8Array).slice();
(contents[1] as Uint8Array)[1_500] = 77;

const publish = fc.record({
  op: fc.constant("publish" as const),
  key: fc.integer({ min: 0, max: 1 }),
  content: fc.nat({ max: contents.length - 1 }),
  hasFingerprint: fc.boolean(),
  skips: fc.boolean(),
  diesAt: fc.option(fc.integer({ min: 1, max: 45 }), { nil: undefined }),
});
const action = fc.oneof(
  { weight: 5, arbitrary: publish },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("remove" as const),
      which: fc.nat({ max: 3 }),
      diesAt: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("tidy" as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("wait" as const), minutes: fc.integer({ min: 0, max: 30 }) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** A home on a bad network, whose processes die; and what it must hold. */
class History {
  readonly home: Home = createHome();
  readonly ledger = new PutLedger();
  readonly #faults: Faults;
  readonly #random = seededRandom(5);
  /** What was published and not removed. */
  readonly published = new Map<FileId, Uint8Array>();
  readonly removed = new Set<FileId>();

  constructor(seed: number) {
    this.#faults = createFaults({
      random: seededRandom(seed),
      rates: { cutOff: 0.15, duplicate: 0.3 },
      hold: { clock: this.home.clock, milliseconds: 600_000 },
    });
  }

  #process(diesAt: number | undefined): FilePublisher {
    const crash = crashAt(diesAt === undefined ? null : { call: diesAt, when: diesAt % 2 === 0 ? "before" : "after" });
    const arriving = this.ledger.watch(this.home.bucket.writer);
    // What is on its way arrives, whether somebody still waits for it or not.
    const deaf: RemoteWriter = {
      ...arriving,
      write: (path, bytes) => arriving.write(path, bytes),
      remove: (path) => arriving.remove(path),
    };
    const network = withFaults(deaf, this.#faults);
    const writer: RemoteWriter = {
      checksClock: false,
      write: (path, bytes, options) => crash.run(() => network.write(path, bytes, options)),
      remove: (path, options) => crash.run(() => network.remove(path, options)),
    };
    const { clock, local } = this.home;
    return new FilePublisher({ local: withCrashes(local, crash), writer, crypto, random: this.#random, clock, owner });
  }

  async run(action: Action): Promise<void> {
    try {
      await this.#act(action);
    } catch (error) {
      const isExpected = error instanceof SimulatedCrash || (error instanceof FileSharingError && error.code === "storage-failed");
      if (!isExpected) throw error;
    }
    await this.#check();
  }

  async #act(action: Action): Promise<void> {
    if (action.op === "publish") {
      const bytes = contents[action.content] as Uint8Array;
      const source: FileSource = {
        ...bytesSource(bytes),
        skips: action.skips,
        ...(action.hasFingerprint && { fingerprint: async () => String(action.content) }),
      };
      const options = { name: "a", key: String(action.key), chunkLog2: 10, parallel: 3 };
      const file = await this.#process(action.diesAt).publish(source, options);
      // Without a fingerprint a key and a size name a finished file.
      if (action.hasFingerprint || !this.published.has(file.fileId)) expect(this.published.get(file.fileId) ?? bytes).toEqual(bytes);
    } else if (action.op === "remove") {
      const file = (await this.home.publisher().list())[action.which];
      if (file === undefined) return;
      this.removed.add(file.fileId);
      await this.#process(action.diesAt).remove(file.fileId);
    } else if (action.op === "tidy") await this.#process(undefined).tidy();
    else await this.wait(action.minutes * 60_000);
  }

  /** What was on its way has landed by then. */
  async wait(milliseconds: number): Promise<void> {
    await this.#faults.settle();
    this.home.clock.advance(milliseconds);
  }

  async #check(): Promise<void> {
    expect(this.ledger.torn).toEqual([]);
    const files = await this.home.publisher().list();
    const listed = files.filter(({ state }) => state === "published").map(({ fileId }) => fileId);
    for (const fileId of this.published.keys()) if (!this.removed.has(fileId)) expect(listed).toContain(fileId);
    for (const file of files) {
      if (file.reference === undefined) continue;
      expect(file.done).toBe(file.size);
      const bytes = await readBack(this.home, file.reference);
      expect(this.published.get(file.fileId) ?? bytes).toEqual(bytes);
      expect(contents).toContainEqual(bytes);
      this.published.set(file.fileId, bytes);
    }
  }

  async removeAll(): Promise<void> {
    const publisher = this.home.publisher();
    await publisher.tidy();
    for (const { fileId } of await publisher.list()) await publisher.remove(fileId);
    await this.wait(late);
    await publisher.tidy();
  }
}

describe("any history of publishing, removing, dying and bad networks", () => {
  test("M13: no path gets two contents, published files stay readable, and nothing is left in the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 12 }), fc.nat({ max: 1_000_000 }), async (actions, seed) => {
        const history = new History(seed);
        for (const one of actions) await history.run(one);
        await history.removeAll();
        expect(history.home.bucket.objects().size).toBe(0);
        expect(await history.home.local.scan("file/", { limit: 10 })).toEqual([]);
      }),
      { seed: 9, numRuns: 200 },
    );
  });

  test("a reference to a removed file leads nowhere", async () => {
    const home = createHome();
    const publisher = home.publisher();
    const { fileId, reference } = await publisher.publish(bytesSource(content(3_000)), { name: "a" });
    await publisher.remove(fileId);
    const ports = { from: home.bucket.reader, crypto, clock: home.clock, random: home.random };
    expect(reference && formatFileReference(reference)).toMatch(/^cweb-file:/);
    await expect(reference && openFile(reference, ports)).rejects.toMatchObject({ code: "not-found" });
  });
});
