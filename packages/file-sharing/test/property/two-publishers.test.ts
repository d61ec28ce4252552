import type { CipherSuite } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import type { LocalStore } from "@cweb/storage-local";
import type { RemoteWriter } from "@cweb/storage-remote";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesSource, FilePublisher, FileSharingError, type PublishedFile } from "../../src/index.ts";
import { content, createHome, crypto, type Home, owner, readBack } from "../support/home.ts";
import { PutLedger } from "../support/ledger.ts";

const late = 20 * 60_000;

/** Port calls of several processes, let through one at a time in an order that the test chooses. */
class Turns {
  #waiting: (() => void)[] = [];
  #ended = 0;
  #busy = 0;

  /** A suite whose work off this thread is waited for. */
  get crypto(): CipherSuite {
    const { bulk } = crypto;
    const during = async <T>(work: Promise<T>): Promise<T> => {
      this.#busy++;
      try {
        return await work;
      } finally {
        this.#busy--;
      }
    };
    return {
      ...crypto,
      bulk: {
        seal: (...rest) => during(bulk.seal(...rest)),
        open: (...rest) => during(bulk.open(...rest)),
        sha256: (...rest) => during(bulk.sha256(...rest)),
      },
    };
  }

  async take<T>(call: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return call();
  }

  /** Runs all to their ends. */
  async drive(choose: () => number, all: readonly (() => Promise<void>)[]): Promise<void> {
    for (const one of all) void one().finally(() => this.#ended++);
    while (this.#ended < all.length) {
      // Everything else between two port calls is microtasks.
      for (let i = 0; i < 60; i++) await Promise.resolve();
      if (this.#busy > 0) {
        await new Promise((resolve) => setTimeout(resolve));
        continue;
      }
      const [next] = this.#waiting.splice(choose() % Math.max(1, this.#waiting.length), 1);
      next?.();
    }
  }
}

function behind(turns: Turns, home: Home, ledger: PutLedger, seed: number): FilePublisher {
  const store = home.local;
  const local: LocalStore = {
    load: (names) => turns.take(() => store.load(names)),
    scan: (prefix, options) => turns.take(() => store.scan(prefix, options)),
    commit: (batch) => turns.take(() => store.commit(batch)),
    close: async () => undefined,
  };
  const arriving = ledger.watch(home.bucket.writer);
  const writer: RemoteWriter = {
    checksClock: false,
    write: (path, bytes) => turns.take(() => arriving.write(path, bytes)),
    remove: (path) => turns.take(() => arriving.remove(path)),
  };
  return new FilePublisher({ local, writer, crypto: turns.crypto, random: seededRandom(seed), clock: home.clock, owner });
}

type Outcome = PublishedFile | string;

async function outcomeOf(run: Promise<PublishedFile>): Promise<Outcome> {
  try {
    return await run;
  } catch (error) {
    if (error instanceof FileSharingError) return error.code;
    throw error;
  }
}

const whole = content(4_096);
const changed = whole.slice();
changed[2_000] = 9;

describe("two processes of one home", () => {
  test("publish under one key: one path never gets two contents, and both end with the file or one with a clear error", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 11 }), { minLength: 40, maxLength: 140 }), fc.boolean(), async (order, isSame) => {
        const home = createHome();
        const ledger = new PutLedger();
        const turns = new Turns();
        const outcomes: Outcome[] = [];
        const options = { name: "a", key: "k", chunkLog2: 10, parallel: 2 };
        const run = (seed: number, bytes: Uint8Array) => async (): Promise<void> => {
          outcomes.push(await outcomeOf(behind(turns, home, ledger, seed).publish(bytesSource(bytes), options)));
        };
        let at = 0;
        await turns.drive(() => order[at++ % order.length] ?? 0, [run(1, whole), run(2, isSame ? whole : changed)]);
        expect(ledger.torn).toEqual([]);
        const files = outcomes.filter((outcome) => typeof outcome !== "string");
        for (const outcome of outcomes) seen.add(typeof outcome === "string" ? outcome : "published");
        expect(files.length).toBeGreaterThan(0);
        expect(new Set(files.map(({ fileId }) => fileId)).size).toBe(1);
        for (const { reference } of files) expect([whole, changed]).toContainEqual(reference && (await readBack(home, reference)));
        home.clock.advance(late);
        await home.publisher().tidy();
        expect(home.bucket.objects().size).toBe(5);
      }),
      { seed: 2, numRuns: 150 },
    );
    expect(seen).toEqual(new Set(["published", "taken-over"]));
  });

  test("one removes what the other uploads: nothing is left, and the upload says why it ended", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 11 }), { minLength: 40, maxLength: 140 }), async (order) => {
        const home = createHome();
        const ledger = new PutLedger();
        const turns = new Turns();
        const upload = async (): Promise<void> => {
          const outcome = await outcomeOf(
            behind(turns, home, ledger, 1).publish(bytesSource(whole), { name: "a", key: "k", chunkLog2: 10 }),
          );
          seen.add(typeof outcome === "string" ? outcome : outcome.state);
        };
        const remove = async (): Promise<void> => {
          const publisher = behind(turns, home, ledger, 2);
          for (const { fileId } of await publisher.list()) await publisher.remove(fileId);
        };
        let at = 0;
        await turns.drive(() => order[at++ % order.length] ?? 0, [upload, remove]);
        for (const { fileId } of await home.publisher().list()) await home.publisher().remove(fileId);
        home.clock.advance(late);
        await home.publisher().tidy();
        expect(home.bucket.objects().size).toBe(0);
        expect(await home.local.scan("file/", { limit: 10 })).toEqual([]);
      }),
      { seed: 3, numRuns: 150 },
    );
    expect(seen).toContain("file-removed");
  });
});
