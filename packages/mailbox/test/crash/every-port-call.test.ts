import { cipherSuite } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import type { LocalStore } from "@cweb/storage-local";
import { memoryStore } from "@cweb/storage-local/memory";
import { type Crash, crashAt, SimulatedCrash, withCrashes } from "@cweb/storage-local/testing";
import type { RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import { type MemoryBucket, memoryBucket } from "@cweb/storage-remote/memory";
import { describe, expect, test } from "vitest";
import { judgeBeacon } from "../../src/core/beacon.ts";
import { decodeHome } from "../../src/core/home.ts";
import { names } from "../../src/core/records.ts";
import { Mailbox } from "../../src/index.ts";
import { beaconKey, beaconPath, bytesOf, homeId, minute, path, recordsUnder, textOf } from "../support/home.ts";

interface World {
  readonly clock: VirtualClock;
  readonly store: LocalStore;
  readonly bucket: MemoryBucket;
  /** Every content that was ever sent to a path, in order. */
  readonly sent: Map<string, Set<string>>;
  processes: number;
}

const newWorld = (): World => ({ clock: new VirtualClock(), store: memoryStore(), bucket: memoryBucket(), sent: new Map(), processes: 0 });

function open(world: World, crash: Crash): Mailbox {
  const { bucket, clock, sent } = world;
  const writer: RemoteWriter = {
    checksClock: true,
    write: (to, bytes) =>
      crash.run(() => {
        sent.set(to, (sent.get(to) ?? new Set()).add(String(bytes)));
        return bucket.writer.write(to, bytes);
      }),
    remove: (from) => crash.run(() => bucket.writer.remove(from)),
  };
  const reader: RemoteReader = { read: (from, options) => crash.run(() => bucket.reader.read(from, options)) };
  const home = { id: homeId, beaconPath, beaconKey };
  const random = seededRandom(++world.processes);
  return new Mailbox({ local: withCrashes(world.store, crash), reader, writer, clock, random, crypto: cipherSuite, home });
}

/**
 * Everything a home does, in an order that can be begun again after a crash: the application notes with each step how far it has come.
 * The bytes are drawn anew in each run of a step, as a protocol's are.
 */
async function live(world: World, mailbox: Mailbox): Promise<void> {
  const steps: ((tx: Parameters<Parameters<Mailbox["transact"]>[1]>[0]) => void)[] = [
    (tx) => {
      tx.publish(path("i-birth"), tx.random.bytes(16), { beaconFirst: true, chain: "c" });
      tx.replace(path("m-slot"), bytesOf("slot 1"), { beaconFirst: true });
    },
    (tx) => {
      tx.publish(path("i-one"), tx.random.bytes(16), { chain: "c" });
      tx.deliver({ kind: "message", body: bytesOf("hello") });
      tx.replace(path("m-slot"), bytesOf("slot 2"));
    },
    (tx) => {
      tx.withdraw(path("i-birth"));
      tx.publish(path("i-two"), tx.random.bytes(16), { chain: "c" });
      tx.replace(path("m-gone"), bytesOf("for a while"));
    },
    (tx) => {
      tx.withdraw(path("i-two"));
      tx.withdraw(path("m-gone"));
    },
  ];
  for (let at = 0; at < steps.length; at++) {
    await mailbox.transact({ read: ["app/at"] }, (tx) => {
      const done = tx.get("app/at")?.[0] ?? 0;
      if (done !== at) return;
      tx.put("app/at", Uint8Array.of(at + 1));
      steps[at]?.(tx);
    });
    await mailbox.flush();
    world.clock.advance(11 * minute);
  }
  await mailbox.flush();
}

/** A new process, in a world where nothing goes wrong any more, until every window is over. */
async function recoverFrom(world: World): Promise<Mailbox> {
  const mailbox = open(world, crashAt(null));
  await live(world, mailbox);
  for (let n = 0; n < 6; n++) {
    world.clock.advance(21 * minute);
    expect((await mailbox.flush()).failure).toBeUndefined();
  }
  return mailbox;
}

async function expectAllIsWell({ store, bucket, sent }: World, mailbox: Mailbox): Promise<void> {
  const objects = [...bucket.objects().keys()].sort();
  expect(objects).toEqual(["beacon", "i-one", "m-slot"]);
  expect(textOf(bucket.objects().get(path("m-slot")))).toBe("slot 2");
  for (const [to, contents] of sent) if (to.startsWith("i-")) expect(contents.size, to).toBe(1);
  expect(await recordsUnder(store, "mailbox/todo/")).toEqual([]);
  const home = decodeHome((await store.load([names.home])).get(names.home)?.bytes);
  const keys = { crypto: cipherSuite, id: homeId, key: beaconKey };
  expect(judgeBeacon(keys, home, bucket.objects().get(beaconPath)).kind).toBe("current");
  const inbox = await mailbox.takeInbox({ limit: 10 });
  expect(inbox.map(({ kind, body }) => [kind, textOf(body)])).toEqual([["message", "hello"]]);
}

async function portCalls(): Promise<number> {
  const world = newWorld();
  const crash = crashAt(null);
  await live(world, open(world, crash));
  return crash.calls;
}

describe("a crash", () => {
  test.each(["before", "after"] as const)(
    "M13: %s any one port call loses nothing, sends no name two contents, and leaves no orphan",
    async (when) => {
      const calls = await portCalls();
      expect(calls).toBeGreaterThan(60);
      for (let call = 1; call <= calls; call++) {
        const world = newWorld();
        await expect(live(world, open(world, crashAt({ call, when })))).rejects.toThrow(SimulatedCrash);
        world.clock.advance(minute);
        await expectAllIsWell(world, await recoverFrom(world));
      }
    },
  );

  test("M13: again and again, at every distance from the one before", async () => {
    for (let distance = 1; distance <= 40; distance++) {
      const world = newWorld();
      for (let crashes = 0; crashes < 30; crashes++) {
        const crash = crashAt({ call: distance + crashes, when: crashes % 2 === 0 ? "before" : "after" });
        const ended = await live(world, open(world, crash)).then(
          () => true,
          () => false,
        );
        if (ended) break;
        world.clock.advance((crashes % 3) * minute);
      }
      await expectAllIsWell(world, await recoverFrom(world));
    }
  });
});
