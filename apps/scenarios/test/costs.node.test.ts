// What things cost, in requests: counted by the peers' meters and, apart from that, in the server's log.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Person } from "../src/person.ts";
import type { Place } from "../src/place.ts";
import { inMannerOf } from "../src/server-place.ts";
import { costs, spent } from "../src/spending.ts";
import { minute, World } from "../src/world.ts";

let place: Place;
beforeAll(async () => {
  place = await inMannerOf("AWS").open();
});
afterAll(() => place.close());

/** Two who have talked, with nothing left to do. */
async function quietPair(seed: number): Promise<readonly [World, Person, Person]> {
  const world = new World(place, seed);
  const [ada, ben] = await world.friends("ada", "ben");
  await talk(world, ada, ben);
  await rest(world);
  return [world, ada, ben];
}

async function talk(world: World, ada: Person, ben: Person): Promise<void> {
  await ada.send(ben, "hello");
  await world.untilRead(ben, ada);
  await ben.send(ada, "welcome");
  await world.untilRead(ada, ben);
  await ada.send(ben, "thanks");
  await world.untilRead(ben, ada);
}

async function rest(world: World): Promise<void> {
  await world.settle();
  for (let n = 0; n < 10; n++) {
    for (const person of world.people) await person.round();
    world.wait(minute);
  }
}

describe("an idle poll round", () => {
  test("costs one GET for each of 20 contacts, in every state of a session, and nothing else", async () => {
    const world = new World(place, 101);
    const ada = await world.person("ada");
    for (let n = 0; n < 20; n++) {
      const other = await world.person(`contact-${n}`);
      await ada.knows(other);
      if (n % 3 > 0) await ada.send(other, "hello");
      if (n % 3 < 2) continue;
      await other.knows(ada);
      await world.untilRead(other, ada);
      await other.send(ada, "welcome");
      await world.untilRead(ada, other);
    }
    for (let n = 0; n < 20; n++) {
      await ada.round();
      world.wait(minute);
    }
    const states = (await ada.peer.status()).contacts.map(({ session }) => session);
    expect(new Set(states)).toEqual(new Set(["none", "initiated", "established"]));
    // More than an hour: slots, descriptors and the rotation have their turns.
    for (let n = 0; n < 36; n++) {
      const { counts } = await spent(ada, () => ada.round());
      expect(counts, `round ${n}`).toEqual(costs({ get: 20 }));
      world.wait(2 * minute);
    }
    // Short-lived processes share the schedule. Starting costs each its beacon and, where something beside the expected object is due, one GET
    // more: the slot of the 7 who have not answered, and twice in 16 processes a name of the rotation.
    let gets = 0;
    for (let n = 0; n < 16; n++) {
      await ada.restart();
      const { counts } = await spent(ada, () => ada.round());
      expect(counts, `process ${n}`).toEqual(costs({ get: counts.get }));
      gets += counts.get;
      world.wait(minute);
    }
    expect(gets).toBeGreaterThanOrEqual(16 * 21);
    expect(gets).toBeLessThanOrEqual(16 * (21 + 7) + 2 * 20);
  }, 60_000);
});

describe("a message", () => {
  test("costs its sender one PUT and its reader one GET beyond the idle one", async () => {
    const [world, ada, ben] = await quietPair(102);
    // In this process nobody has sent anything since the last start-up check.
    for (const [from, to] of [
      [ada, ben],
      [ben, ada],
    ] as const)
      await from.send(to, "first");
    for (const person of [ada, ben]) await person.round();
    for (let n = 0; n < 40; n++) {
      const [from, to] = n % 2 === 0 ? [ada, ben] : [ben, ada];
      const sending = await spent(from, () => from.send(to, `message ${n}`));
      expect(sending.counts, `sending ${n}`).toEqual(costs({ put: 1 }));
      const heardBefore = to.lines.length;
      const reading = await spent(to, () => to.round());
      const heard = to.lines.length - heardBefore;
      const { get, list } = reading.counts;
      expect({ get, list }, `reading ${n}`).toEqual({ get: 1 + heard, list: 0 });
      world.wait(1000);
    }
    await world.untilRead(ada, ben);
    await world.untilRead(ben, ada);
  });

  test("is acknowledged by one object in 16 at most", async () => {
    const [world, ada, ben] = await quietPair(103);
    for (let n = 0; n < 64; n++) await ada.send(ben, `message ${n}`);
    const before = (await place.requests()).length;
    await world.untilRead(ben, ada);
    const puts = (await place.requests()).slice(before).filter(({ op }) => op === "put");
    expect(puts.length).toBe(4);
  });

  test("costs a short-lived process its start-up besides: its beacon, its own next name", async () => {
    const [world, ada, ben] = await quietPair(104);
    for (let n = 0; n < 6; n++) {
      await ada.restart();
      expect((await spent(ada, () => ada.send(ben, `message ${n}`))).counts).toEqual(costs({ get: 2, put: 1 }));
      expect((await spent(ada, () => ada.send(ben, `again ${n}`))).counts).toEqual(costs({ put: 1 }));
      await ben.restart();
      const heardBefore = ben.lines.length;
      const { counts } = await spent(ben, () => ben.round());
      expect(counts).toEqual(costs({ get: 2 + ben.lines.length - heardBefore }));
      world.wait(minute);
    }
    await world.untilRead(ben, ada);
  });
});

describe("counted apart", () => {
  test("a first message rewrites the 8 slots once, with a beacon before", async () => {
    const world = new World(place, 105);
    const [ada, ben] = await world.friends("ada", "ben");
    const { requests } = await spent(ada, () => ada.send(ben, "hello"));
    const puts = requests.filter(({ op }) => op === "put").map(({ path }) => path);
    expect(puts.length).toBe(9);
    expect(new Set(puts).size).toBe(9);
    expect(puts.every((path) => [...ada.constant].some((known) => known === path))).toBe(true);
  });

  test("deletions go in batches behind one beacon, and an object is deleted twice at most", async () => {
    const [world, ada, ben] = await quietPair(106);
    for (let n = 0; n < 64; n++) await ada.send(ben, `message ${n}`);
    await world.untilRead(ben, ada);
    const before = (await place.requests()).length;
    for (let n = 0; n < 8; n++) {
      await ada.round();
      world.wait(15 * minute);
    }
    const mine = (await place.requests()).slice(before).filter(({ bucket }) => bucket === ada.bucket.name);
    const deleted = mine.filter(({ op }) => op === "delete").map(({ path }) => path);
    const beacons = mine.filter(({ op }) => op === "put");
    expect(new Set(deleted).size).toBe(64);
    expect(deleted.length).toBeLessThanOrEqual(2 * 64);
    expect(beacons.length).toBeLessThanOrEqual(4);
    expect(new Set(beacons.map(({ path }) => path)).size).toBeLessThanOrEqual(1);
  });
});
