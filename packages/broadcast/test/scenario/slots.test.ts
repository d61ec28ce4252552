import { utf8 } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { memoryStore } from "@cweb/storage-local/memory";
import type { Path } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { slotIndex, slotPath } from "../../src/core/layout.ts";
import { crypto, day, type Home, hour, item, look, meet, openHome, pair, receive, refresh, slotOf } from "../support/home.ts";

const paths = (home: Home, slotBits: number): readonly Path[] =>
  Array.from({ length: 2 ** slotBits }, (_, slot) => slotPath(crypto, { ownerId: home.discovery.identity.idBytes, slotBits }, slot));

const sizes = (home: Home, slotBits: number): ReadonlySet<number | undefined> =>
  new Set(paths(home, slotBits).map((path) => home.bucket.objects().get(path)?.length));

/** Contacts of `home` that have all published; all in the one slot there is. */
async function crowd(home: Home, count: number): Promise<readonly Home[]> {
  const others: Home[] = [];
  for (let i = 0; i < count; i++) {
    const other = await openHome({ seed: 100 + i, clock: home.clock, slotBits: 0 });
    await other.discovery.maintain();
    await other.mailbox.flush();
    await meet(home, other);
    others.push(other);
  }
  return others;
}

describe("the set of slots", () => {
  test("all exist with 4 entries before anything was sent, and each change rewrites every one", async () => {
    const { alice, bob } = await pair({ slotBits: 3 });
    expect(sizes(alice, 3)).toEqual(new Set([4 * 4_096]));
    const before = alice.bucket.objects();
    await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "hi", 1));
    await alice.round();
    const after = alice.bucket.objects();
    for (const path of paths(alice, 3)) {
      expect(after.get(path)).toHaveLength(4 * 4_096);
      expect(after.get(path)).not.toEqual(before.get(path));
    }
  });

  test("a full slot doubles the entries of all at once, and they halve again after 28 days", async () => {
    const clock = new VirtualClock();
    const alice = await openHome({ seed: 1, clock, slotBits: 0 });
    await alice.round();
    const others = await crowd(alice, 5);
    for (const [i, other] of others.entries()) {
      await alice.broadcast.sendOneOff(other.discovery.identity.id, item(alice, `to ${i}`, i));
      await alice.broadcast.seal();
      expect((await alice.broadcast.status()).entriesPerSlot).toBe(i < 4 ? 4 : 8);
    }
    await alice.round();
    expect(sizes(alice, 0)).toEqual(new Set([8 * 4_096]));
    expect(await alice.broadcast.status()).toEqual({ used: 5, queued: 0, entriesPerSlot: 8 });
    for (const [i, other] of others.entries()) {
      await meet(other, alice);
      expect(await receive(other, alice)).toEqual([`to ${i}`]);
    }
    for (let days = 0; days < 60 && (await alice.broadcast.status()).entriesPerSlot > 4; days++) {
      clock.advance(day);
      await alice.round();
    }
    expect(clock.now() - 1_767_225_600_000).toBeGreaterThanOrEqual(56 * day);
    expect(sizes(alice, 0)).toEqual(new Set([4 * 4_096]));
  });

  test("at 64 entries in a slot the newest wait, and come when there is room", async () => {
    const clock = new VirtualClock();
    const alice = await openHome({ seed: 1, clock, slotBits: 0 });
    await alice.round();
    const others = await crowd(alice, 66);
    for (const [i, other] of others.entries()) {
      await alice.broadcast.sendOneOff(other.discovery.identity.id, item(alice, "x", i));
      clock.advance(1);
    }
    await alice.broadcast.seal();
    expect(await alice.broadcast.status()).toEqual({ used: 64, queued: 2, entriesPerSlot: 64 });
    expect(await alice.broadcast.seal()).toBe(false);
    const [first, last] = [others[0] as Home, others[65] as Home];
    await alice.mailbox.flush();
    await meet(last, alice);
    expect((await look(last, alice)).kind).toBe("none");
    for (const other of [first, others[1] as Home]) {
      await alice.mailbox.transact({}, (tx) => alice.broadcast.removeRecipient(tx, other.discovery.identity.id));
    }
    await alice.round();
    expect(await receive(last, alice)).toEqual(["x"]);
    expect((await alice.broadcast.status()).queued).toBe(0);
  });

  test("another number of slots moves the entries; the old set stays readable for 104 days", async () => {
    const { alice, bob, clock } = await pair({ slotBits: 2 });
    await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "moved", 1));
    await alice.round();
    const old = await slotOf(alice, bob);
    await alice.discovery.setSlotBits(3);
    await alice.round();
    expect(await slotOf(alice, bob)).toEqual(old);
    expect((await look(bob, alice)).kind).toBe("oneoff");
    await refresh(bob, alice);
    expect(await receive(bob, alice)).toEqual(["moved"]);
    for (let days = 0; days < 103; days++) {
      clock.advance(day);
      await alice.round();
    }
    expect(sizes(alice, 2)).toEqual(new Set([4 * 4_096]));
    for (let days = 0; days < 4; days++) {
      clock.advance(day);
      await alice.round();
    }
    expect(sizes(alice, 2)).toEqual(new Set([undefined]));
    expect(sizes(alice, 3)).toEqual(new Set([4 * 4_096]));
  });

  test("a torn set is harmless: each slot opens by itself", async () => {
    const { alice, bob, clock } = await pair({ slotBits: 1 });
    const carol = await openHome({ seed: 30, clock });
    await carol.round();
    await meet(alice, carol);
    await meet(carol, alice);
    const before = alice.bucket.snapshot();
    await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "to bob", 1));
    await alice.broadcast.sendOneOff(carol.discovery.identity.id, item(alice, "to carol", 2));
    await alice.round();
    const after = alice.bucket.objects();
    alice.bucket.restore(before);
    expect([await receive(bob, alice), await receive(carol, alice)]).toEqual([[], []]);
    const bobs = paths(alice, 1)[slotIndex(crypto, bob.discovery.identity.idBytes, 1)] as Path;
    await alice.bucket.writer.write(bobs, after.get(bobs) as Uint8Array);
    expect(await receive(bob, alice)).toEqual(["to bob"]);
  });

  test("sealing again is due when the recipient's broadcast key changes, and only then", async () => {
    const { alice, bob, clock } = await pair();
    await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "hi", 1));
    await alice.round();
    clock.advance(hour);
    expect(await alice.broadcast.seal()).toBe(false);
    clock.advance(7 * day);
    await bob.round();
    expect(await alice.broadcast.seal()).toBe(false);
    await refresh(alice, bob);
    expect(await alice.broadcast.seal()).toBe(true);
    expect(await alice.broadcast.seal()).toBe(false);
  });
});

test("what was addressed to a removed contact leaves the slots", async () => {
  const { alice, bob } = await pair();
  await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "z".repeat(2_000), 1));
  await alice.round();
  expect((await look(bob, alice)).kind).toBe("box");
  await alice.discovery.removeContact(bob.discovery.identity.id);
  expect(await alice.round()).toBe(true);
  expect((await look(bob, alice)).kind).toBe("none");
  expect(await alice.broadcast.status()).toEqual({ used: 0, queued: 0, entriesPerSlot: 4 });
});

describe("a restored sender", () => {
  test("reaches the recipient again, and what was known is not delivered twice", async () => {
    const clock = new VirtualClock();
    const local = memoryStore();
    const alice = await openHome({ seed: 1, clock, local });
    const bob = await openHome({ seed: 2, clock });
    for (const home of [alice, bob]) await home.round();
    await meet(alice, bob);
    await meet(bob, alice);
    const to = bob.discovery.identity.id;
    await alice.broadcast.sendOneOff(to, item(alice, "one", 1));
    await alice.round();
    const backup = local.snapshot();
    await alice.broadcast.sendOneOff(to, item(alice, "lost", 2));
    await alice.round();
    expect(await receive(bob, alice)).toEqual(["one", "lost"]);
    clock.advance(hour);
    const again = await openHome({ seed: 3, clock, local: memoryStore({ from: backup }), bucket: alice.bucket });
    await again.round();
    await again.round();
    await refresh(bob, again);
    expect(await receive(bob, again)).toEqual([]);
    await again.broadcast.sendOneOff(to, item(again, "new", 3));
    await again.round();
    expect(await receive(bob, again)).toEqual(["new"]);
  });

  test("a restored recipient gets them under its new incarnation", async () => {
    const clock = new VirtualClock();
    const local = memoryStore();
    const alice = await openHome({ seed: 1, clock });
    const bob = await openHome({ seed: 2, clock, local });
    for (const home of [alice, bob]) await home.round();
    await meet(alice, bob);
    await meet(bob, alice);
    const backup = local.snapshot();
    clock.advance(7 * day);
    await bob.round();
    await refresh(alice, bob);
    await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "hello", 1));
    await alice.round();
    const again = await openHome({ seed: 4, clock, local: memoryStore({ from: backup }), bucket: bob.bucket });
    await again.round();
    await again.round();
    expect(await receive(again, alice)).toEqual([]);
    await refresh(alice, again);
    await alice.round();
    expect(await receive(again, alice)).toEqual(["hello"]);
  });
});

test("random bytes in the place of a slot give an answer and change nothing", async () => {
  const { alice, bob } = await pair();
  const random = seededRandom(8);
  const before = await bob.mailbox.load(bob.broadcast.reads(alice.discovery.identity.id));
  expect((await look(bob, alice, random.bytes(4 * 4_096))).kind).toBe("none");
  for (const length of [0, 1, 4_096, 3 * 4_096, 5 * 4_096, 128 * 4_096]) {
    expect((await look(bob, alice, random.bytes(length))).kind).toBe("malformed");
  }
  expect((await look(bob, alice, utf8("<html>"))).kind).toBe("malformed");
  expect(await bob.mailbox.load(bob.broadcast.reads(alice.discovery.identity.id))).toEqual(before);
});
