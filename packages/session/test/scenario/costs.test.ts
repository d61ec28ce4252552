import { utf8 } from "@cweb/crypto";
import { describe, expect, test } from "vitest";
import { kinds } from "../../src/index.ts";
import { acquainted } from "../support/forge.ts";
import { day, hour, minute, type TestPeer, World } from "../support/world.ts";

/** PUTs of objects that stand under names of the session. */
const sessionPuts = (peer: TestPeer): number => {
  const mutable = new Set(peer.mutablePaths());
  return peer.requestsOf("put").filter(({ path }) => !mutable.has(path)).length;
};

function mostOften(paths: readonly string[]): string | undefined {
  const times = new Map<string, number>();
  for (const path of paths) times.set(path, (times.get(path) ?? 0) + 1);
  return [...times].sort(([, a], [, b]) => b - a)[0]?.[0];
}

async function counted(seed: number): Promise<{ world: World; ada: TestPeer; ben: TestPeer }> {
  const world = new World(seed);
  const [ada, ben] = await acquainted(await world.meeting(2));
  await ben.say(ada, "so far");
  for (let i = 0; i < 3; i++) {
    world.clock.advance(minute);
    await ada.poll(ben);
    await ben.poll(ada);
  }
  await ada.events();
  world.requests.length = 0;
  return { world, ada, ben };
}

describe("what a conversation costs", () => {
  test("an idle round is one GET, a message one PUT and one GET, and there is no LIST", async () => {
    const { world, ada, ben } = await counted(1);
    for (let i = 0; i < 300; i++) {
      world.clock.advance(minute);
      expect((await ben.poll(ada)).gets).toBe(1);
    }
    // Stand-ins were among them, in their turn: the slot each hour, the rotation each 16th round.
    const slot = ada.mutablePaths()[2];
    const asked = ben.requestsOf("get").filter(({ owner }) => owner === ada);
    expect(asked.length).toBe(300);
    expect(asked.filter(({ path }) => path === slot).length).toBeGreaterThanOrEqual(4);
    expect(new Set(asked.map(({ path }) => path)).size).toBeGreaterThan(10);
    expect(sessionPuts(ben)).toBe(0);

    // After a stand-in comes a round for the expected name.
    const expected = mostOften(asked.map(({ path }) => path));
    do {
      world.clock.advance(minute);
      await ben.poll(ada);
    } while (ben.requestsOf("get").at(-1)?.path === expected);
    const puts = ada.requestsOf("put").length;
    await ada.say(ben, "one");
    expect(ada.requestsOf("put").length).toBe(puts + 1);
    const { gets, heard } = await ben.poll(ada);
    expect(heard).toBe(true);
    expect(gets).toBe(2);
    for (let i = 0; i < 5; i++) await ada.say(ben, `more ${i}`);
    expect((await ben.poll(ada)).gets).toBe(6);
    expect(await ben.texts()).toEqual(["one", ...Array.from({ length: 5 }, (_, i) => `more ${i}`)]);
  });

  test("at most one pure acknowledgement for 16 messages", async () => {
    const { world, ada, ben } = await counted(2);
    for (let i = 0; i < 160; i++) {
      await ada.say(ben, String(i));
      world.clock.advance(minute);
      await ben.poll(ada);
    }
    await ben.poll(ada);
    expect(await ben.texts()).toEqual(Array.from({ length: 160 }, (_, i) => String(i)));
    expect(sessionPuts(ben)).toBeLessThanOrEqual(10);
    for (let i = 0; i < 20; i++) await ada.poll(ben);
    expect((await ada.eventsOf("delivered")).length).toBeGreaterThanOrEqual(159);
    // They cause nothing in return.
    const before = sessionPuts(ada);
    world.clock.advance(3 * day);
    for (let i = 0; i < 20; i++) await ada.poll(ben);
    expect(sessionPuts(ada)).toBe(before);
  });

  test("a single message is acknowledged after a day, by one object", async () => {
    const { world, ada, ben } = await counted(3);
    await ada.say(ben, "only one");
    await ben.poll(ada);
    for (let i = 0; i < 10 * 24; i++) {
      world.clock.advance(hour);
      await ben.poll(ada);
    }
    expect(sessionPuts(ben)).toBe(1);
    for (let i = 0; i < 4; i++) await ada.poll(ben);
    expect((await ada.eventsOf("delivered")).length).toBe(1);
  });

  test("after a pause there are two rounds, the first for the expected name", async () => {
    const { world, ada, ben } = await counted(4);
    world.clock.advance(2 * day);
    await ada.say(ben, "while you were away");
    world.requests.length = 0;
    const { gets } = await ben.poll(ada);
    const asked = ben.requestsOf("get").filter(({ owner }) => owner === ada);
    expect(ada.objects()).toContain(asked[0]?.path);
    expect(ada.mutablePaths()).toContain(asked.at(-1)?.path);
    // The message, the name after it, and one stand-in.
    expect(gets).toBe(3);
  });

  test("a full check asks for descriptor, slot, the expected name and the whole rotation at once", async () => {
    const { ada, ben } = await counted(5);
    const { gets } = await ben.poll(ada, true);
    const asked = new Set(ben.requestsOf("get").map(({ path }) => path));
    for (const path of ada.mutablePaths().slice(1)) expect(asked).toContain(path);
    // Whose turn it is to begin a chain has no names ahead in the other's next one.
    expect([3 + 32, 3 + 36]).toContain(gets);
  });

  test("64 GETs end a round, and the next follows at once", async () => {
    const { world, ada, ben } = await counted(6);
    const session = ada.session(ben);
    for (let i = 0; i < 150; i++) await session.send({ kind: kinds.text.number, payload: utf8(String(i)) });
    await ada.flush();
    world.clock.advance(minute);
    const { gets } = await ben.poll(ada);
    expect(gets).toBe(151);
    expect((await ben.texts()).length).toBe(150);
  });

  test("acknowledged objects are deleted, in batches behind one beacon", async () => {
    const { world, ada, ben } = await counted(7);
    for (let i = 0; i < 32; i++) await ada.say(ben, String(i));
    await ben.poll(ada);
    await ada.poll(ben);
    for (let i = 0; i < 4; i++) {
      world.clock.advance(30 * minute);
      await ada.poll(ben);
      await ben.poll(ada);
    }
    expect(ada.objects().length).toBeLessThanOrEqual(1);
    const beacon = ada.mutablePaths()[0];
    expect(ada.requestsOf("put").filter(({ path }) => path === beacon).length).toBeLessThanOrEqual(3);
    expect(ada.requestsOf("delete").length).toBeGreaterThanOrEqual(32);
  });

  test("a contact whose bucket is empty costs one GET a round", async () => {
    const world = new World(8);
    const ada = await world.peer();
    const ben = await world.peer();
    await ada.meet(ben);
    for (const path of ben.bucket.objects().keys()) await ben.bucket.writer.remove(path);
    await ada.say(ben, "are you there?");
    for (let i = 0; i < 5; i++) {
      world.clock.advance(day);
      expect((await ada.poll(ben)).gets).toBe(1);
    }
    expect(await ada.session(ben).status()).toMatchObject({ session: "none", queued: 1 });
  });
});
