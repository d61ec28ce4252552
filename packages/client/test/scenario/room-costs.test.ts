import { expect, test } from "vitest";
import { meeting, nameOf } from "../support/meeting.ts";
import { type Home, minute } from "../support/world.ts";

test("a round with 20 contacts, 5 rooms and 10 objects is one GET a contact, one for each object or descriptor that is due, and one probe", async () => {
  const group = await meeting(90, 21);
  const { world } = group;
  const [ada, ...others] = group.homes as readonly [Home, ...Home[]];
  // Ben founds the rooms, so that Ada reads five descriptors.
  const ben = others[0] as Home;
  for (const other of others) await other.peer.send("ada", "hello");
  await group.rounds(1, { of: [ada] });
  for (const [i] of others.entries()) await ada.peer.send(nameOf(i + 1), "hello");
  await group.rounds(1, { of: others });
  for (const other of others.slice(0, 10)) {
    await other.peer.objects.create("notes", "one", { interval: 600 });
    await other.peer.objects.share("notes", ["ada"]);
  }
  for (let i = 0; i < 5; i++) {
    await ben.peer.rooms.create(`room ${i}`);
    await ben.peer.rooms.add(`room ${i}`, ["ada"]);
  }
  await group.rounds(6, { of: [ada, ben] });
  expect((await ada.peer.rooms.list()).map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => "member"));
  const costs: number[][] = [];
  let puts = 0;
  for (let i = 0; i < 40; i++) {
    world.clock.advance(minute / 2);
    const { requests, contacts, rooms, failure } = await ada.peer.poll();
    puts += requests.put;
    expect([requests.list, failure, rooms.failure, rooms.failures]).toEqual([0, undefined, undefined, []]);
    const objects = contacts.reduce((sum, { gets }) => sum + gets - 1, 0);
    expect(requests.get).toBe(20 + objects + rooms.gets);
    expect(rooms.probes).toBeLessThanOrEqual(1);
    costs.push([objects, rooms.gets - rooms.probes]);
  }
  const total = (at: number): number => costs.reduce((sum, cost) => sum + (cost[at] ?? 0), 0);
  // 20 minutes: objects every ten, descriptors every five.
  expect([total(0), total(1)]).toEqual([20, 20]);
  // One acknowledgement that was owed.
  expect(puts).toBeLessThanOrEqual(1);
}, 60_000);
