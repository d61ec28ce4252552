import { describe, expect, test } from "vitest";
import { ofType } from "../support/events.ts";
import { meeting, texts } from "../support/meeting.ts";
import type { Home } from "../support/world.ts";

describe("rooms", () => {
  test("four people talk, one is removed and reads nothing new", async () => {
    const group = await meeting(80, 4);
    const [ada, ben, cleo, dan] = group.homes as readonly [Home, Home, Home, Home];
    await group.room();
    const invited = ofType(group.heard(ben), "room-invited");
    expect(invited).toMatchObject([{ room: "garden", member: "ada" }]);
    const status = await ada.peer.rooms.status("garden");
    expect(status).toMatchObject({
      name: "garden",
      admin: "me",
      members: ["ben", "cleo", "dan", "me"],
      state: "member",
      missing: [],
      alarms: [],
    });
    const { id: benId } = ben.peer;
    expect(await cleo.peer.rooms.status("garden")).toMatchObject({ admin: "ada", members: ["ada", "me", benId, dan.peer.id].sort() });
    const sent = await ada.peer.rooms.send("garden", "The beans are up!");
    expect(sent).toMatchObject({ to: "garden", kind: "room", state: "published", membership: "confirmed" });
    await group.rounds(1);
    await ben.peer.rooms.send("garden", "At last");
    await group.rounds(4);
    for (const home of group.homes) expect(await texts(home)).toEqual(["The beans are up!", "At last"]);
    const messages = ofType(group.heard(cleo), "message");
    expect(messages.map(({ kind, from, room, text, position, id }) => [kind, from, room, text, position, id])).toEqual([
      ["room", "ada", "garden", "The beans are up!", 0, sent.id],
      ["room", benId, "garden", "At last", 1, expect.any(String)],
    ]);
    await ada.peer.rooms.remove("garden", ["dan"]);
    await ada.peer.rooms.send("garden", "Between us");
    await group.rounds(4);
    expect(await texts(ben)).toContain("Between us");
    expect(await texts(dan)).not.toContain("Between us");
    expect(await dan.peer.rooms.status("garden")).toMatchObject({ state: "removed" });
    expect(ofType(group.heard(dan), "room-removed")).toMatchObject([{ room: "garden", member: "ada" }]);
    expect(ofType(group.heard(ben), "room-members")).toMatchObject([{ member: dan.peer.id, change: "removed" }]);
    await expect(dan.peer.rooms.send("garden", "hello?")).rejects.toMatchObject({ code: "not-a-member" });
  });
});
