import { utf8 } from "@cweb/crypto";
import type { RequestCounts } from "@cweb/storage-remote";
import { expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { type Home, minute, World } from "../support/world.ts";

const requests = ({ meter }: Home): Record<keyof RequestCounts, number> => {
  const { get, put, delete: deleted, list } = meter.counts();
  return { get: get.requests, put: put.requests, delete: deleted.requests, list: list.requests };
};

async function spent(home: Home, run: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = requests(home);
  await run();
  const now = requests(home);
  return Object.fromEntries(Object.entries(now).map(([op, n]) => [op, n - before[op as keyof typeof now]]));
}

async function sharedWith(
  world: World,
  count: number,
): Promise<{ readonly ada: Home; readonly readers: readonly Home[]; readonly id: never }> {
  const ada = world.home();
  const readers = Array.from({ length: count }, () => world.home());
  const { id } = await ada.objects.create({ topic: "object/test", value: utf8("one") });
  await ada.objects.share(
    id,
    readers.map((reader) => reader.id),
  );
  await ada.flush();
  return { ada, readers, id: id as never };
}

test.each([0, 1, 2, 40])("one PUT an update, with %i subscribers", async (count) => {
  const { ada, id } = await sharedWith(new World(1), count);
  for (let n = 0; n < 3; n++) {
    const cost = await spent(ada, async () => {
      await ada.objects.update(id, utf8(`value ${n}`));
      await ada.flush();
    });
    expect(cost).toEqual({ get: 0, put: 1, delete: 0, list: 0 });
  }
});

test("a process's first update costs one GET more, to notice a restored state", async () => {
  const { ada, id } = await sharedWith(new World(2), 1);
  ada.start();
  await ada.mailbox.begin();
  const cost = await spent(ada, async () => {
    await ada.objects.update(id, utf8("two"));
    await ada.flush();
  });
  expect(cost).toEqual({ get: 1, put: 1, delete: 0, list: 0 });
});

test("many updates between two flushes are one PUT", async () => {
  const { ada, id } = await sharedWith(new World(3), 2);
  const cost = await spent(ada, async () => {
    for (let n = 0; n < 20; n++) await ada.objects.update(id, utf8(`value ${n}`));
    await ada.flush();
  });
  expect(cost).toEqual({ get: 0, put: 1, delete: 0, list: 0 });
});

test("one conditional GET an idle poll, and none before it is due", async () => {
  const world = new World(4);
  const { ada, readers } = await sharedWith(world, 1);
  const [ben] = readers as readonly [Home];
  await ben.round();
  expect(await spent(ben, () => ben.round())).toEqual({ get: 0, put: 0, delete: 0, list: 0 });
  const bytesBefore = ben.meter.counts().get.bytesIn;
  for (let n = 0; n < 5; n++) {
    world.clock.advance(minute);
    expect(await spent(ben, () => ben.round())).toEqual({ get: 1, put: 0, delete: 0, list: 0 });
  }
  expect(ben.meter.counts().get.bytesIn).toBe(bytesBefore);
  expect(await spent(ben, () => ben.objects.poll(ada.id, { all: true }))).toEqual({ get: 1, put: 0, delete: 0, list: 0 });
});

test("an idle owner asks for nothing and stores nothing", async () => {
  const { ada } = await sharedWith(new World(5), 3);
  expect(await spent(ada, () => ada.flush())).toEqual({ get: 0, put: 0, delete: 0, list: 0 });
});

test("an interval is the owner's to choose", async () => {
  const world = new World(6);
  const [ada, ben] = [world.home(), world.home()] as const;
  const { id } = await ada.objects.create({ topic: "object/slow", value: utf8("one"), interval: 3600 });
  await ada.objects.share(id, [ben.id]);
  await ada.flush();
  await ben.round();
  world.clock.advance(59 * minute);
  expect((await ben.round()).gets).toBe(0);
  world.clock.advance(minute);
  expect((await ben.round()).gets).toBe(1);
});

test("a head that rides on a message saves the wait", async () => {
  const world = new World(7);
  const { ada, readers, id } = await sharedWith(world, 1);
  const [ben] = readers as readonly [Home];
  await ben.round();
  await ada.objects.update(id, utf8("two"));
  await ada.flush();
  expect((await ben.round()).gets).toBe(0);
  await ada.say(ben);
  expect(await ben.round()).toEqual({ gets: 1, changed: 1 });
  // Of several updates only the newest rides.
  await ada.objects.update(id, utf8("three"));
  await ada.flush();
  await ada.objects.update(id, utf8("four"));
  await ada.flush();
  await ada.say(ben);
  expect((await ada.waitingFor(ben))[0]?.message.riders).toHaveLength(1);
});

test("a head is announced only when it is stored", async () => {
  const world = new World(8);
  const { ada, readers, id } = await sharedWith(world, 1);
  const [ben] = readers as readonly [Home];
  ada.isOffline = true;
  await ada.objects.update(id, utf8("two"));
  await expect(ada.flush()).rejects.toThrow("offline");
  await ada.say(ben);
  expect((await ada.waitingFor(ben)).flatMap(({ message }) => message.riders)).toHaveLength(1);
  await ben.round();
  expect((await ben.objects.subscriptions()).map(({ state }) => state)).toEqual(["current"]);
});

test("a contact with many objects does not hold up a round", async () => {
  const world = new World(9);
  const [ada, ben] = [world.home(), world.home()] as const;
  for (let n = 0; n < limits.getsPerPoll + 3; n++) {
    const { id } = await ada.objects.create({ topic: `object/${n}`, value: utf8(`${n}`) });
    await ada.objects.share(id, [ben.id]);
  }
  await ada.flush();
  expect((await ben.round()).gets).toBe(limits.getsPerPoll);
  expect((await ben.round()).gets).toBe(3);
  expect((await ben.round()).gets).toBe(0);
  expect(await ben.objects.subscriptions()).toHaveLength(limits.getsPerPoll + 3);
});
