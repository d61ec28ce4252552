import { utf8 } from "@cweb/crypto";
import { type Path, toPath } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { kinds } from "../../src/index.ts";
import { acquainted, liveOf } from "../support/forge.ts";
import { day, hour, type TestPeer, World } from "../support/world.ts";

const sessionOf = async (peer: TestPeer, other: TestPeer): Promise<string> => (await liveOf(peer, other)).ratchet.sessionId.join();

/** Both poll every hour. */
async function pass(world: World, peers: readonly TestPeer[], hours: number): Promise<void> {
  for (let i = 0; i < hours; i++) {
    world.clock.advance(hour);
    for (const one of peers) for (const other of peers) if (one !== other) await one.poll(other);
  }
}

async function expectTalk(world: World, ada: TestPeer, ben: TestPeer): Promise<void> {
  await ada.say(ben, "to ben");
  await ben.say(ada, "to ada");
  await pass(world, [ada, ben], 30);
  expect((await ben.texts()).filter((text) => text === "to ben").length).toBe(1);
  expect((await ada.texts()).filter((text) => text === "to ada").length).toBe(1);
  expect(await sessionOf(ada, ben)).toBe(await sessionOf(ben, ada));
}

/** What stands in a peer's bucket under the paths that change in place: descriptor and slot. */
function showing(peer: TestPeer): ReadonlyMap<string, Uint8Array> {
  const objects = peer.bucket.objects();
  return new Map(
    peer
      .mutablePaths()
      .slice(1)
      .map((path) => [path, objects.get(path) as Uint8Array]),
  );
}

async function show(peer: TestPeer, objects: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [path, bytes] of objects) await peer.bucket.writer.write(toPath(path), bytes);
}

describe("how sessions begin", () => {
  test("a first message that does not fit goes right behind an empty initial message", async () => {
    for (const length of [329, 345]) {
      const world = new World(length);
      const [ada, ben] = (await world.meeting(2)) as [TestPeer, TestPeer];
      const payload = utf8("x".repeat(length));
      await ada.session(ben).send({ kind: kinds.text.number, payload });
      await ada.flush();
      expect(ada.objects().length).toBe(length === 329 ? 0 : 1);
      await ben.poll(ada);
      expect((await ben.eventsOf("message")).map((event) => event.payload)).toEqual([payload]);
      await ben.say(ada, "got it");
      await ada.poll(ben, true);
      const events = await ada.events();
      expect(events.map(({ type }) => type)).toEqual(["session-started", "delivered", "message"]);
    }
  });

  test("both begin at once: one session stands and nothing is shown twice", async () => {
    const world = new World(2);
    const [ada, ben] = (await world.meeting(2)) as [TestPeer, TestPeer];
    for (let i = 0; i < 3; i++) {
      await ada.say(ben, `a${i}`);
      await ben.say(ada, `b${i}`);
    }
    await pass(world, [ada, ben], 30);
    expect([...(await ben.texts())].sort()).toEqual(["a0", "a1", "a2"]);
    expect([...(await ada.texts())].sort()).toEqual(["b0", "b1", "b2"]);
    expect(await sessionOf(ada, ben)).toBe(await sessionOf(ben, ada));
    expect((await liveOf(ada, ben)).ratchet.role === "initiator").toBe(compareIds(ada, ben) < 0);
    await expectTalk(world, ada, ben);
  });

  test("a new initial message replaces the live session", async () => {
    const world = new World(3);
    const [ada, ben] = await acquainted(await world.meeting(2));
    const before = await sessionOf(ada, ben);
    await ben.say(ada, "unread so far");
    await ben.session(ada).remove();
    await ben.discovery.removeContact(ada.discovery.identity.id);
    await ben.flush();
    await ada.say(ben, "one");
    await ada.say(ben, "two");
    await ben.meet(ada);
    await ben.session(ada).greet();
    await ben.flush();
    await pass(world, [ada, ben], 30);
    expect((await ada.events()).map(({ type }) => type)).toContain("session-reset");
    expect(await sessionOf(ada, ben)).not.toBe(before);
    // What stood there for the old session is gone.
    expect(ben.objects().length).toBeLessThanOrEqual(1);
    expect(await ben.texts()).toEqual(["one", "two"]);
    await expectTalk(world, ada, ben);
  });

  test("M16: an old session does not come back: its initial message is ignored after a reset", async () => {
    const world = new World(4);
    const [ada, ben] = (await world.meeting(2)) as [TestPeer, TestPeer];
    await ada.say(ben, "first session");
    const old = showing(ada);
    const oldObjects = ada.bucket.snapshot();
    await acquainted([ada, ben]);
    const first = await sessionOf(ada, ben);
    await ada.session(ben).remove();
    await ada.discovery.removeContact(ben.discovery.identity.id);
    await ada.meet(ben);
    await ada.session(ben).greet();
    await ada.flush();
    await pass(world, [ada, ben], 3);
    const second = await sessionOf(ben, ada);
    expect(second).not.toBe(first);
    await ben.events();
    // The store shows all of the old session again: its slot, its descriptor, its objects.
    await show(ada, old);
    for (let i = 0; i < 30; i++) {
      world.clock.advance(hour);
      await ben.poll(ada);
    }
    expect(await sessionOf(ben, ada)).toBe(second);
    ada.bucket.restore(oldObjects);
    await ben.poll(ada, true);
    expect(await sessionOf(ben, ada)).toBe(second);
    expect(await ben.texts()).toEqual([]);
  });

  test("a restored peer is greeted anew", async () => {
    const world = new World(5);
    const [ada, ben] = await acquainted(await world.meeting(2));
    const backup = ada.snapshot();
    for (let i = 0; i < 20; i++) await ada.say(ben, `lost ${i}`);
    await pass(world, [ada, ben], 3);
    await ben.texts();
    const before = await sessionOf(ben, ada);
    await ada.restore(backup);
    await ada.flush();
    await pass(world, [ada, ben], 3);
    expect(await sessionOf(ben, ada)).not.toBe(before);
    await expectTalk(world, ada, ben);
  });

  test("a descriptor of a higher incarnation voids the session, and what waits goes into the next one", async () => {
    const world = new World(6);
    const [ada, ben] = await acquainted(await world.meeting(2));
    const backup = ada.snapshot();
    await ada.say(ben, "after the backup");
    await ben.say(ada, "unread");
    await ada.restore(backup);
    await ada.say(ben, "after the restore");
    await ada.flush();
    const slot = ada.mutablePaths()[2] as string;
    // Ben's reader sees the new descriptor, but not yet the new slot.
    const held = ada.bucket.objects().get(toPath(slot)) as Uint8Array;
    await ada.bucket.writer.remove(toPath(slot));
    world.clock.advance(2 * day);
    await ben.poll(ada, true);
    const types = (await ben.events()).map(({ type }) => type);
    expect(types).toContain("session-reset");
    await ada.bucket.writer.write(toPath(slot), held);
    await pass(world, [ada, ben], 30);
    expect(await ada.texts()).toContain("unread");
    await expectTalk(world, ada, ben);
  });

  test("a descriptor expired for more than 90 days waits for a newer one", async () => {
    const world = new World(7);
    const [ada, ben] = (await world.meeting(2)) as [TestPeer, TestPeer];
    await ada.poll(ben);
    world.clock.advance(14 * day + 91 * day);
    await ada.say(ben, "still there?");
    expect(await ada.session(ben).status()).toMatchObject({ session: "none", queued: 1 });
    const { gets } = await ada.poll(ben);
    expect(gets).toBeLessThanOrEqual(2);
    for (let i = 0; i < 20; i++) {
      world.clock.advance(hour);
      expect((await ada.poll(ben)).gets).toBeLessThanOrEqual(2);
    }
    expect(await ada.session(ben).status()).toMatchObject({ session: "none" });
    await ben.flush();
    await pass(world, [ada, ben], 50);
    expect(await ben.texts()).toEqual(["still there?"]);
  });

  test("a peer that comes back after 200 days is begun anew with", async () => {
    const world = new World(8);
    const [ada, ben] = await acquainted(await world.meeting(2));
    await ada.say(ben, "into the silence");
    for (let i = 0; i < 50; i++) {
      world.clock.advance(4 * day);
      await ada.poll(ben);
    }
    // "good" had arrived, "into the silence" had not: ada cannot know.
    expect((await ada.eventsOf("unconfirmed")).length).toBe(2);
    await ada.say(ben, "and later");
    expect(ada.objects().length).toBeLessThanOrEqual(1);
    await ben.flush();
    await pass(world, [ada, ben], 60);
    expect(await ben.texts()).toContain("and later");
    await expectTalk(world, ada, ben);
  });

  test("one-off messages that an initial message displaces come inside the session", async () => {
    const world = new World(9);
    const [ada, ben] = (await world.meeting(2)) as [TestPeer, TestPeer];
    await ada.poll(ben);
    await ben.poll(ada);
    const item = {
      sentAt: world.clock.now(),
      kind: kinds.text.number,
      messageId: utf8("sixteen bytes id"),
      payload: utf8("without a session"),
    };
    await ada.broadcast.sendOneOff(ben.discovery.identity.id, item);
    await ada.say(ben, "with a session");
    await pass(world, [ada, ben], 30);
    expect([...(await ben.texts())].sort()).toEqual(["with a session", "without a session"]);
    await ben.say(ada, "both came");
    await pass(world, [ada, ben], 2);
    expect((await ada.eventsOf("delivered")).map(({ channel }) => channel).sort()).toEqual(["broadcast", "session"]);
  });

  test("one-off messages inside a session may overtake each other, and each arrives once", async () => {
    const world = new World(11);
    const [ada, ben] = (await world.meeting(2)) as [TestPeer, TestPeer];
    await ada.poll(ben);
    await ben.poll(ada);
    await ada.say(ben, "a session is begun");
    const carry = async (text: string): Promise<void> => {
      const item = { sentAt: world.clock.now(), kind: kinds.text.number, messageId: world.random.bytes(16), payload: utf8(text) };
      await ada.session(ben).sendOneOff(item);
      await ada.flush();
    };
    const before = ada.bucket.objects();
    await carry("first");
    const [first] = [...ada.bucket.objects()].filter(([path]) => !before.has(path));
    const [path, bytes] = first as [Path, Uint8Array];
    await carry("second");
    await ada.bucket.writer.remove(path);
    await ben.poll(ada, true);
    expect(await ben.texts()).toEqual(["a session is begun", "second"]);
    await ada.bucket.writer.write(path, bytes);
    await ben.poll(ada, true);
    expect(await ben.texts()).toEqual(["first"]);
  });

  test("a one-off message for the session is listed, numbered and queued in one commit", async () => {
    const world = new World(12);
    const [ada, ben] = (await world.meeting(2)) as [TestPeer, TestPeer];
    await ada.say(ben, "a session is begun");
    const { id } = ben.discovery.identity;
    const item = { sentAt: world.clock.now(), kind: kinds.text.number, messageId: world.random.bytes(16), payload: utf8("carried") };
    const { commit } = ada.store;
    let commits = 0;
    ada.store.commit = async (batch, cancel) => {
      commits++;
      if (commits > 1) throw new Error("killed");
      return commit.call(ada.store, batch, cancel);
    };
    await ada
      .session(ben)
      .sendOneOff(item)
      .catch(() => undefined);
    ada.store.commit = commit;
    const listed = await ada.mailbox.transact({ read: ada.broadcast.reads(id) }, (tx) => ada.broadcast.pendingOneOffs(tx, id));
    expect(listed.length).toBe(1);
    await ada.flush();
    await ben.poll(ada, true);
    expect(await ben.texts()).toEqual(["a session is begun", "carried"]);
  });

  test("nothing is uploaded before the beacon that tells of a new session", async () => {
    const world = new World(10);
    const [ada, ben] = (await world.meeting(2)) as [TestPeer, TestPeer];
    await ada.say(ben, "hello");
    await ben.poll(ada);
    world.requests.length = 0;
    const session = ben.session(ada);
    for (const text of ["one", "two", "three"]) await session.send({ kind: kinds.text.number, payload: utf8(text) });
    await ben.flush();
    const puts = ben.requestsOf("put").map(({ path }) => path);
    expect(puts.length).toBe(4);
    expect(puts[0]).toBe(ben.mutablePaths()[0]);
  });
});

function compareIds(a: TestPeer, b: TestPeer): number {
  const [x, y] = [a.discovery.identity.idBytes, b.discovery.identity.idBytes];
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return (x[i] as number) - (y[i] as number);
  return 0;
}
