import { utf8 } from "@cweb/crypto";
import { kinds } from "@cweb/session";
import { expect, test } from "vitest";
import type { GroupId } from "../../src/index.ts";
import { minute, type ShellHome, ShellWorld } from "../support/shell-world.ts";

test("a message is one PUT of one object, whatever the number of members, and at most eight hints", async () => {
  for (const count of [3, 12]) {
    const world = new ShellWorld(count);
    for (let i = 0; i < count; i++) await world.home();
    const id = await world.room();
    await world.rounds(count);
    const [, ben] = world.homes as [ShellHome, ShellHome];
    await ben.send(id, "behind the first message of a chain");
    await world.rounds(2);
    const before = { puts: ben.meter.counts().put.requests, objects: ben.bucket.objects().size };
    await ben.rooms.send(id, { kind: kinds.text.number, payload: utf8("one object") });
    const report = await ben.mailbox.flush();
    expect(report.stored).toHaveLength(1);
    expect(ben.meter.counts().put.requests - before.puts).toBe(1);
    expect(ben.bucket.objects().size - before.objects).toBe(1);
    expect([...ben.bucket.objects().values()].every(({ length }) => length === 4096)).toBe(true);
    expect((await ben.rooms.noteFlush(report)).length).toBe(Math.min(8, count - 1));
  }
});

test("an idle round of a member of five rooms is at most one probe, and a descriptor only when it is due", async () => {
  const world = new ShellWorld(5);
  for (let i = 0; i < 3; i++) await world.home();
  const rooms: GroupId[] = [];
  for (let i = 0; i < 5; i++) rooms.push(await world.room());
  await world.rounds(6, 6 * minute);
  const [, ben] = world.homes as [ShellHome, ShellHome];
  world.clock.advance(6 * minute);
  const due = await ben.round();
  expect({ gets: due.gets, probes: due.probes }).toEqual({ gets: rooms.length + 1, probes: 1 });
  for (let i = 0; i < 4; i++) {
    world.clock.advance(minute / 2);
    const before = ben.meter.counts().get.requests;
    const idle = await ben.round();
    expect({ gets: idle.gets, probes: idle.probes, reads: ben.meter.counts().get.requests - before }).toEqual({
      gets: 1,
      probes: 1,
      reads: 1,
    });
  }
});
