import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cweb } from "../support/cli.ts";
import { RoomOfFour, statusOf, textsOf } from "../support/room-of-four.ts";

const uuid = "6f1c1f0a-9d3e-4b7a-8c55-0d1e2f3a4b5c";

describe("a room of four", { timeout: 300_000 }, () => {
  const ends: (() => unknown)[] = [];
  let group!: RoomOfFour;
  beforeAll(async () => {
    group = await RoomOfFour.meet((end) => ends.push(end));
  }, 300_000);
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });

  test("everybody reads everything in one order; who is removed reads nothing new; a kill -9 loses and doubles nothing", async () => {
    await group.room("garden");
    const { people } = group;
    const [ada, ben, cleo, dan] = people;
    expect(await statusOf(ben, "garden")).toMatchObject({
      ...{ type: "room", name: "garden", state: "member", admin: "ada", members: ["ada", "cleo", "dan", "me"] },
      ...{ missing: [], alarms: [], canSend: true },
    });
    const [sent] = await ada.ok(["room", "send", "garden", "The beans are up!", "--id", uuid]);
    expect(sent).toEqual({
      type: "sent",
      kind: "room",
      id: uuid,
      room: "garden",
      to: "garden",
      state: "published",
      membership: "confirmed",
    });
    expect(await ada.ok(["room", "send", "garden", "Other words", "--id", uuid])).toEqual([sent]);
    const told = await group.rounds(1);
    expect(told.get(ben)?.filter(({ type }) => type === "message")).toEqual([
      {
        type: "message",
        kind: "room",
        room: "garden",
        id: uuid,
        from: "ada",
        text: "The beans are up!",
        sentAt: expect.any(Number),
        position: 0,
      },
    ]);
    const killed = ["80", "200", "320", "440", "700"];
    for (const killAfter of killed) {
      const id = `00000000-0000-4000-8000-000000000${killAfter.padStart(3, "0")}`;
      const send = ["room", "send", "garden", `killed after ${killAfter}`, "--id", id];
      await ben.run(send, { killAfter: Number(killAfter) });
      await cleo.run(["receive"], { killAfter: Number(killAfter) });
      await ben.ok(send);
    }
    await cleo.ok(["room", "send", "garden", "All there?"]);
    await group.rounds(3);
    const all = await textsOf(ada, "garden");
    expect([...all].sort()).toEqual(["All there?", "The beans are up!", ...killed.map((ms) => `killed after ${ms}`)].sort());
    for (const one of people) expect(await textsOf(one, "garden")).toEqual(all);
    await ada.ok(["room", "remove", "garden", "dan"]);
    await ben.ok(["room", "send", "garden", "without dan"]);
    await group.rounds(3);
    expect(await statusOf(dan, "garden")).toMatchObject({ state: "removed" });
    expect(await textsOf(dan, "garden")).toEqual(all);
    expect(await textsOf(cleo, "garden")).toEqual([...all, "without dan"]);
    expect(await statusOf(cleo, "garden")).toMatchObject({ members: ["ada", "ben", "me"], missing: [], alarms: [] });
    const refused = await dan.run(["room", "send", "garden", "still here"]);
    expect([refused.code, refused.errors[0]?.code]).toEqual([1, "not-a-member"]);
  });

  test("what a store drops is missing, with the name of that store, and comes from another member", async () => {
    await group.room("attic");
    const [ada, ben, cleo, dan] = group.people;
    await ben.ok(["room", "send", "attic", "first"]);
    await group.rounds(2);
    const drop = async (text: string): Promise<void> => {
      const before = group.objectsOf("ben");
      await ben.ok(["room", "send", "attic", text]);
      for (const file of group.objectsOf("ben").filter((path) => !before.includes(path))) dropped.push(file);
    };
    const dropped: string[] = [];
    await drop("dropped once Ada has it");
    await group.rounds(1, [ada]);
    for (const file of dropped.splice(0)) rmSync(file);
    await ada.ok(["room", "send", "attic", "an answer to it"]);
    await group.rounds(1, [cleo, dan]);
    expect((await statusOf(cleo, "attic")).missing).toMatchObject([
      { from: "ben", state: "missing", store: expect.stringContaining("ben") },
    ]);
    // The author is asked first, then one member every ten minutes.
    const whole = ["first", "dropped once Ada has it", "an answer to it"];
    for (let step = 1; step <= 10 && (await textsOf(cleo, "attic")).length < whole.length; step++) {
      await group.rounds(1, [ada, cleo, dan], step / 100);
    }
    expect(await textsOf(cleo, "attic")).toEqual(whole);
    expect((await statusOf(cleo, "attic")).missing).toEqual([]);
  });

  test("people read what programs do", async () => {
    await group.room("cellar", ["--keep", "30", "--no-receipts"]);
    const [ada, ben] = group.people;
    await ada.ok(["room", "send", "cellar", "for\u001b people"]);
    const { stdout } = await cweb(["--home", ben.home, "receive"]);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d \[cellar\] ada: for\ufffd people\n$/);
    const shown = await cweb(["--home", ben.home, "rooms"]);
    expect(shown.stdout).toMatch(/^cellar {2}epoch \d+, admin ada, members: ada, cleo, dan, me$/m);
    const [line] = await ben.ok(["room", "history", "cellar"]);
    expect("receivedBy" in (line ?? {})).toBe(false);
    expect(await statusOf(ben, "cellar")).toMatchObject({ keepDays: 30, receipts: false, copies: true });
  });
});
