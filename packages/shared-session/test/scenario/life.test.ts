import { utf8 } from "@cweb/crypto";
import { kinds } from "@cweb/session";
import { describe, expect, test } from "vitest";
import { type GroupId, SharedSessionError } from "../../src/index.ts";
import { day, hour, minute, type ShellHome, ShellWorld } from "../support/shell-world.ts";

async function meeting(count: number, policy = {}): Promise<{ world: ShellWorld; homes: readonly ShellHome[]; id: GroupId }> {
  const world = new ShellWorld(count);
  for (let i = 0; i < count; i++) await world.home();
  return { world, homes: world.homes, id: await world.room(policy) };
}

describe("the life of a room", () => {
  test("the role is handed over, and the room goes on under the new admin", async () => {
    const { world, homes, id } = await meeting(3);
    const [anna, ben, cleo] = homes as [ShellHome, ShellHome, ShellHome];
    await anna.rooms.handover(id, ben.id);
    await world.rounds(5);
    for (const home of homes) expect((await home.rooms.status(id)).admin).toBe(ben.id);
    await ben.rooms.remove(id, [anna.id]);
    await world.rounds(4);
    expect((await anna.rooms.status(id)).state).toBe("removed");
    await cleo.send(id, "new times");
    await world.rounds(6);
    expect(await ben.texts(id)).toEqual(["new times"]);
    await expect(anna.rooms.add(id, [cleo.id])).rejects.toMatchObject({ code: "not-admin" });
  });

  test("who leaves is taken out after its last message", async () => {
    const { world, homes, id } = await meeting(3);
    const [anna, ben, cleo] = homes as [ShellHome, ShellHome, ShellHome];
    await cleo.send(id, "good bye");
    await cleo.rooms.leave(id);
    await world.rounds(6);
    expect((await cleo.rooms.status(id)).state).toBe("removed");
    expect((await anna.rooms.status(id)).members).toHaveLength(2);
    expect([await anna.texts(id), await ben.texts(id)]).toEqual([["good bye"], ["good bye"]]);
  });

  test("a member restored from a backup comes back under a new key, with what it had written", async () => {
    const { world, homes, id } = await meeting(3);
    const [, ben, cleo] = homes as [ShellHome, ShellHome, ShellHome];
    const backup = ben.snapshot();
    await ben.send(id, "soon forgotten");
    await world.rounds(4);
    await ben.restore(backup);
    expect((await ben.rooms.status(id)).state).toBe("restoring");
    await expect(ben.send(id, "too early")).rejects.toMatchObject({ code: "cannot-send-yet", retryable: true });
    await world.rounds(8, 11 * minute);
    expect((await ben.rooms.status(id)).state).toBe("member");
    await cleo.send(id, "welcome back");
    await ben.send(id, "thanks");
    await world.rounds(8, 11 * minute);
    for (const home of homes) expect((await home.texts(id)).toSorted()).toEqual(["soon forgotten", "thanks", "welcome back"]);
  });

  test("a restored admin hears its members before it acts: whom it had removed stays out", async () => {
    const { world, homes, id } = await meeting(3);
    const [anna, ben, cleo] = homes as [ShellHome, ShellHome, ShellHome];
    const backup = anna.snapshot();
    await anna.rooms.remove(id, [cleo.id]);
    await world.rounds(4);
    await anna.restore(backup);
    await expect(anna.rooms.remove(id, [ben.id])).rejects.toMatchObject({ code: "waiting", retryable: true });
    await world.rounds(8, 11 * minute);
    expect((await anna.rooms.status(id)).members.map((member) => member.id)).not.toContain(cleo.id);
    await ben.send(id, "two of us");
    await world.rounds(4);
    expect(await anna.texts(id)).toEqual(["two of us"]);
    expect(await cleo.texts(id)).toEqual([]);
  });

  test("what one store hides comes from another member, and without copies it is reported whose store hides it", async () => {
    for (const copies of [true, false]) {
      const { world, homes, id } = await meeting(3, { copies });
      const [anna, ben, cleo] = homes as [ShellHome, ShellHome, ShellHome];
      const hides = new Set<string>();
      const known = new Set(ben.bucket.objects().keys());
      world.lie = (owner, reader, path, answer) =>
        owner === ben && reader === cleo && !known.has(path) && hides.add(path) ? { kind: "absent" } : answer;
      await ben.send(id, "hidden");
      ben.isSilent = true;
      await world.rounds(2);
      await anna.send(id, "have you seen it?");
      await world.rounds(3);
      expect((await cleo.rooms.status(id)).missing.some(({ from, state }) => from === ben.id && state === "missing")).toBe(true);
      await world.rounds(10, 11 * minute);
      await world.rounds(3, 13 * hour);
      const { missing } = await cleo.rooms.status(id);
      const told = (await cleo.events()).filter(({ type }) => type === "room-withheld");
      expect(hides.size).toBeGreaterThan(0);
      if (copies) {
        expect(await cleo.texts(id)).toEqual(["hidden", "have you seen it?"]);
        expect(missing).toEqual([]);
      } else {
        expect(await cleo.texts(id)).toEqual(["have you seen it?"]);
        expect(new Set(missing.map(({ from, state }) => `${from} ${state}`))).toEqual(new Set([`${ben.id} withheld`]));
        expect(new Set(told.map(({ member }) => member))).toEqual(new Set([ben.id]));
      }
    }
  });

  test("receipts: who has what, by what each member refers to", async () => {
    const { world, homes, id } = await meeting(3);
    const [anna, ben, cleo] = homes as [ShellHome, ShellHome, ShellHome];
    await ben.send(id, "first");
    await world.rounds(4);
    await cleo.send(id, "second");
    await world.rounds(6);
    const received = async (home: ShellHome): Promise<readonly (readonly string[])[]> =>
      (await home.rooms.history(id)).map(({ receivedBy }) => receivedBy.toSorted());
    expect(await received(anna)).toEqual([[anna.id, cleo.id].sort(), [anna.id]]);
    expect((await anna.rooms.history(id)).map(({ position }) => position)).toEqual([0, 1]);
    expect(
      (await anna.rooms.status(id)).members
        .filter(({ isVouched }) => isVouched)
        .map((member) => member.id)
        .sort(),
    ).toEqual([anna.id, ben.id, cleo.id].sort());
  });

  test("an author deletes what all have read, and keeps what one lacks", async () => {
    const { world, homes, id } = await meeting(3);
    const [anna, ben, cleo] = homes as [ShellHome, ShellHome, ShellHome];
    const messages = (): number => [...ben.bucket.objects().keys()].filter((path) => path !== ben.identity.beacon.path).length;
    await ben.send(id, "for all");
    await world.rounds(4);
    await anna.send(id, "read");
    await world.rounds(2, 4 * hour);
    await world.rounds(2, 4 * hour);
    expect(messages()).toBeGreaterThan(0);
    await cleo.send(id, "read too");
    await world.rounds(6, 4 * hour);
    expect(messages()).toBe(0);
  });

  test("a caller's mistakes are told by code", async () => {
    const { homes, id } = await meeting(2);
    const [anna, ben] = homes as [ShellHome, ShellHome];
    const codeOf = async (call: () => Promise<unknown>): Promise<unknown> =>
      call().then(
        () => "none",
        (error) => (error instanceof SharedSessionError ? error.code : error),
      );
    const message = { kind: kinds.text.number, payload: utf8("x") };
    expect(await codeOf(() => anna.rooms.create({ name: "" }))).toBe("bad-name");
    expect(await codeOf(() => anna.rooms.status("a".repeat(26) as GroupId))).toBe("unknown-room");
    expect(await codeOf(() => ben.rooms.add(id, [anna.id]))).toBe("not-admin");
    expect(await codeOf(() => anna.rooms.leave(id))).toBe("not-admin");
    expect(await codeOf(() => anna.rooms.handover(id, anna.id))).toBe("unknown-contact");
    expect(await codeOf(() => anna.rooms.send(id, { ...message, kind: 35 }))).toBe("unsupported-kind");
    expect(await codeOf(() => anna.rooms.send(id, { ...message, payload: new Uint8Array(54 * 1024 + 1) }))).toBe("too-large");
    expect(await codeOf(() => anna.rooms.send(id, { ...message, payload: new Uint8Array(54 * 1024) }))).toBe("none");
    const messageId = new Uint8Array(16).fill(9);
    expect((await anna.rooms.send(id, { ...message, messageId })).isRepeated).toBe(false);
    expect((await anna.rooms.send(id, { ...message, messageId })).isRepeated).toBe(true);
  });

  test("a member that was away for weeks catches up", async () => {
    const { world, homes, id } = await meeting(3);
    const [anna, ben, cleo] = homes as [ShellHome, ShellHome, ShellHome];
    const there = world.homes.splice(world.homes.indexOf(cleo), 1);
    for (let week = 0; week < 4; week++) {
      await anna.send(id, `week ${week}`);
      for (let i = 0; i < 4; i++) {
        world.clock.advance(2 * day);
        for (const home of [anna, ben]) await home.round();
      }
    }
    world.homes.push(...there);
    await world.rounds(24, 11 * minute);
    expect(await cleo.texts(id)).toEqual([0, 1, 2, 3].map((week) => `week ${week}`));
    expect((await cleo.rooms.status(id)).epoch).toBe((await anna.rooms.status(id)).epoch);
  });
});

describe("a room of the past", () => {
  test("costs nothing, and can be forgotten with all that was kept of it", async () => {
    const { world, homes, id } = await meeting(3);
    const [anna, ben] = homes as [ShellHome, ShellHome, ShellHome];
    await ben.send(id, "here");
    await world.rounds(3);
    await expect(ben.rooms.forget(id)).rejects.toMatchObject({ code: "not-admin" });
    await anna.rooms.remove(id, [ben.id]);
    await world.rounds(3);
    world.clock.advance(hour);
    const { gets } = await ben.round();
    expect(gets).toBe(0);
    await ben.rooms.forget(id);
    await ben.flush();
    expect(await ben.rooms.list()).toEqual([]);
    expect((await ben.store.scan("room/", { limit: 100 })).map(({ name }) => name)).toEqual([]);
    await anna.rooms.add(id, [ben.id]);
    await world.rounds(1);
    await ben.rooms.join(id);
    await world.rounds(4);
    await anna.send(id, "again");
    await world.rounds(3);
    expect(await ben.texts(id)).toEqual(["again"]);
  });
});

describe("members that are no contacts", () => {
  test("a new admin is introduced to them before it sends them keys", async () => {
    const { world, homes, id } = await meeting(3);
    const [anna, ben, cleo] = homes as [ShellHome, ShellHome, ShellHome];
    ben.strangers.add(cleo.id);
    await anna.rooms.handover(id, ben.id);
    await world.rounds(6);
    expect(ben.introduced).toEqual([cleo.id]);
    expect((await cleo.rooms.status(id)).admin).toBe(ben.id);
    await ben.send(id, "hello, stranger");
    await world.rounds(3);
    expect(await cleo.texts(id)).toEqual(["hello, stranger"]);
  });
});
