import { VirtualClock } from "@cweb/crypto/testing";
import { type MemoryStore, memoryStore } from "@cweb/storage-local/memory";
import { type Crash, crashAt, SimulatedCrash, withCrashes } from "@cweb/storage-local/testing";
import { type MemoryBucket, memoryBucket } from "@cweb/storage-remote/memory";
import { expect, test } from "vitest";
import { type Home, hour, item, meet, openHome, receive, refresh } from "../support/home.ts";

function mortal(bucket: MemoryBucket, crash: Crash): MemoryBucket {
  const { writer } = bucket;
  return {
    ...bucket,
    writer: {
      checksClock: false,
      write: (path, bytes, options) => crash.run(() => writer.write(path, bytes, options)),
      remove: (path, options) => crash.run(() => writer.remove(path, options)),
    },
  };
}

/** Alice and Bob have met: what every run begins with. */
async function beforehand() {
  const clock = new VirtualClock();
  const locals = [memoryStore(), memoryStore()] as const;
  const buckets = [memoryBucket(), memoryBucket()] as const;
  const [alice, bob] = [
    await openHome({ seed: 1, clock, local: locals[0], bucket: buckets[0], slotBits: 0 }),
    await openHome({ seed: 2, clock, local: locals[1], bucket: buckets[1], slotBits: 0 }),
  ];
  for (const home of [alice, bob]) await home.round();
  await meet(alice, bob);
  await meet(bob, alice);
  return { locals: locals.map((local) => local.snapshot()), buckets: buckets.map((bucket) => bucket.snapshot()) };
}

type Beginning = Awaited<ReturnType<typeof beforehand>>;

function again(beginning: Beginning, which: 0 | 1): { readonly local: MemoryStore; readonly bucket: MemoryBucket } {
  const bucket = memoryBucket();
  bucket.restore(beginning.buckets[which] as (typeof beginning.buckets)[number]);
  return { local: memoryStore({ from: beginning.locals[which] as (typeof beginning.locals)[number] }), bucket };
}

/** Alice sends two one-off messages, the second in a box; she dies by the plan, comes back and goes on. */
async function live(beginning: Beginning, crash: Crash): Promise<void> {
  const clock = new VirtualClock();
  const { local, bucket } = again(beginning, 0);
  const bob = await openHome({ seed: 2, clock, ...again(beginning, 1) });
  const first = await openHome({ seed: 1, clock, local, bucket });
  const seen: string[] = [];
  let alice: Home | undefined;
  let seed = 3;
  const open = (): Promise<Home> =>
    crash.crashed
      ? openHome({ seed: seed++, clock, local, bucket })
      : openHome({ seed: seed++, clock, local: withCrashes(local, crash), bucket: mortal(bucket, crash) });
  for (const text of ["one", "two".padEnd(5_000, "!")]) {
    for (let tries = 0; tries < 2; tries++) {
      try {
        alice ??= await open();
        await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, text, text.length));
        await alice.round();
        break;
      } catch (error) {
        if (!(error instanceof SimulatedCrash)) throw error;
        alice = undefined;
        clock.advance(2 * 60_000); // the dead process's lease runs out
      }
    }
    seen.push(...(await receive(bob, first)));
  }
  clock.advance(hour);
  const last = await openHome({ seed: seed++, clock, local, bucket });
  await last.round();
  clock.advance(hour);
  await last.round();
  await refresh(bob, last);
  seen.push(...(await receive(bob, last)));
  expect(seen.map((text) => text.replaceAll("!", ""))).toEqual(["one", "two"]);
}

test("M13: a crash at any port call of sending and sealing loses nothing and delivers nothing twice", async () => {
  const counting = crashAt(null);
  const beginning = await beforehand();
  await live(beginning, counting);
  expect(counting.calls).toBeGreaterThan(20);
  for (let call = 1; call <= counting.calls; call++) {
    const crash = crashAt({ call, when: "after" });
    await live(beginning, crash);
    expect(crash.crashed).toBe(true);
  }
}, 60_000);
