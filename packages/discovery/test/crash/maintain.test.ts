import { VirtualClock } from "@cweb/crypto/testing";
import { memoryStore } from "@cweb/storage-local/memory";
import { type Crash, crashAt, SimulatedCrash, withCrashes } from "@cweb/storage-local/testing";
import type { RemoteWriter } from "@cweb/storage-remote";
import { type MemoryBucket, memoryBucket } from "@cweb/storage-remote/memory";
import { expect, test } from "vitest";
import { publishedBody } from "../support/forge.ts";
import { day, fetchFrom, openHome } from "../support/home.ts";

function mortal(bucket: MemoryBucket, crash: Crash): MemoryBucket {
  const writer: RemoteWriter = {
    checksClock: false,
    write: (path, bytes, options) => crash.run(() => bucket.writer.write(path, bytes, options)),
    remove: (path, options) => crash.run(() => bucket.writer.remove(path, options)),
  };
  return { ...bucket, writer };
}

/** A home from its first day to the first erasure of a generation; dies by the plan, is opened again and goes on. */
async function live(crash: Crash): Promise<void> {
  const clock = new VirtualClock();
  const local = memoryStore();
  const bucket = memoryBucket();
  let seed = 1;
  const open = (crashing: boolean): ReturnType<typeof openHome> =>
    openHome({
      seed: seed++,
      clock,
      bucket: crashing ? mortal(bucket, crash) : bucket,
      local: crashing ? withCrashes(local, crash) : local,
    });
  const days = [0, 7, 14, 21, 28, 28.5, 29];
  let home: Awaited<ReturnType<typeof openHome>> | undefined;
  for (const [i, at] of days.entries()) {
    if (i > 0) clock.advance((at - (days[i - 1] as number)) * day);
    for (let tries = 0; tries < 2; tries++) {
      try {
        home ??= await open(!crash.crashed);
        await home.round();
        await home.round();
        break;
      } catch (error) {
        if (!(error instanceof SimulatedCrash)) throw error;
        home = undefined;
      }
    }
  }
  const owner = await open(false);
  await owner.round();
  const reader = await openHome({ seed: 99, clock });
  await reader.discovery.addContact(reader.discovery.parseCard(await owner.discovery.card()));
  const outcome = await fetchFrom(reader, owner);
  expect(outcome.changed).toBe(true);
  expect(outcome.raised).toEqual([]);
  // Every generation that the published descriptor calls readable is there, and it names the newest one.
  const { gen, oldestGen } = await publishedBody(owner);
  const gens = await owner.mailbox.transact({}, (tx) => owner.discovery.prekeys(tx).map((handle) => handle.gen));
  expect(gens[0]).toBe(gen);
  expect(gens).toContain(oldestGen);
}

test("M13: a crash at any port call of a month leaves one identity, a valid descriptor and its keys", async () => {
  const counting = crashAt(null);
  await live(counting);
  expect(counting.calls).toBeGreaterThan(40);
  for (let call = 1; call <= counting.calls; call++) {
    // Before the next call is the same moment.
    const crash = crashAt({ call, when: "after" });
    await live(crash);
    expect(crash.crashed).toBe(true);
  }
}, 60_000);
