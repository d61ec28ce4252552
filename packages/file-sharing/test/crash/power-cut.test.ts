import { seededRandom } from "@cweb/crypto/testing";
import type { LocalStore } from "@cweb/storage-local";
import { type MemorySnapshot, type MemoryStore, memoryStore } from "@cweb/storage-local/memory";
import { crashAt, SimulatedCrash, withCrashes } from "@cweb/storage-local/testing";
import type { RemoteWriter } from "@cweb/storage-remote";
import { expect, test } from "vitest";
import { bytesSource } from "../../src/index.ts";
import { content, createHome, readBack } from "../support/home.ts";
import { PutLedger } from "../support/ledger.ts";

const options = { name: "film", key: "a path", chunkLog2: 10, parallel: 3 };
const chunks = 12;
const file = content(chunks * 1024);

/** A disk that has, when the power is cut, what the last commit waited for. */
class Disk {
  readonly store: MemoryStore = memoryStore();
  #kept: MemorySnapshot = this.store.snapshot();
  strict = 0;

  get local(): LocalStore {
    return {
      load: (names, rest) => this.store.load(names, rest),
      scan: (prefix, rest) => this.store.scan(prefix, rest),
      close: async () => undefined,
      commit: async (batch, rest = {}) => {
        const result = await this.store.commit(batch, rest);
        if (rest.relaxed !== true) {
          this.strict++;
          this.#kept = this.store.snapshot();
        }
        return result;
      },
    };
  }

  afterPowerCut(): LocalStore {
    return memoryStore({ from: this.#kept });
  }
}

/** Whether the run died at this port call. */
async function powerCutAt(call: number): Promise<boolean> {
  const home = createHome();
  const disk = new Disk();
  const ledger = new PutLedger();
  const writer = ledger.watch(home.bucket.writer);
  const crash = crashAt({ call, when: "after" });
  const dying: RemoteWriter = { ...writer, write: (path, bytes, rest) => crash.run(() => writer.write(path, bytes, rest)) };
  const first = home.publisher({ local: withCrashes(disk.local, crash), writer: dying, random: seededRandom(1) });
  const died = await first.publish(bytesSource(file), options).then(
    () => false,
    (error: unknown) => error instanceof SimulatedCrash,
  );
  const second = home.publisher({ local: died ? disk.afterPowerCut() : disk.local, writer, random: seededRandom(2) });
  const published = await second.publish(bytesSource(file), options);
  expect(published.reference && (await readBack(home, published.reference))).toEqual(file);
  expect(ledger.torn).toEqual([]);
  // What was sent before the cut was recorded before: nothing stays behind that this home does not know of.
  expect(home.bucket.objects().size).toBe(chunks + 1);
  return died;
}

test("M13: a power cut at any port call tears no path and leaves no object that nobody knows", async () => {
  let call = 1;
  while (await powerCutAt(call)) call++;
  expect(call).toBeGreaterThan(20);
});

test("an upload waits for the disk a few times, not for each of its objects", async () => {
  const home = createHome();
  const disk = new Disk();
  await home.publisher({ local: disk.local }).publish(bytesSource(file), { ...options, parallel: 8 });
  // To begin, for chunks 1 to 8 and 9 to 12, for the root, to finish.
  expect(disk.strict).toBe(5);
});
