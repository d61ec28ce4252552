import { describe, expect, test } from "vitest";
import { World } from "../support/world.ts";

describe("two peers", () => {
  test("talk in both directions, and learn what arrived", async () => {
    const [ada, ben] = await new World(1).pair();
    const sent = await ada.peer.send("ben", "hello");
    expect(sent).toMatchObject({ to: "ben", kind: "session", state: "published" });
    expect(await ben.texts()).toEqual(["hello"]);
    await ben.peer.send("ada", "welcome");
    const events = [...(await ada.round()), ...(await ada.round())];
    expect(events.map(({ type }) => type).sort()).toEqual(["delivered", "message", "session-started"]);
    expect(events).toContainEqual(expect.objectContaining({ type: "delivered", id: sent.id, to: "ben" }));
    expect(events).toContainEqual(expect.objectContaining({ type: "message", from: "ben", text: "welcome", kind: "session" }));
  });

  test("a text arrives with its byte order mark", async () => {
    const [ada, ben] = await new World(4).pair();
    await ada.peer.send("ben", "\ufeffmarked");
    expect(await ben.texts()).toEqual(["\ufeffmarked"]);
  });

  test("send one-off messages without a session", async () => {
    const [ada, ben] = await new World(2).pair();
    const sent = await ada.peer.broadcast("ben", "once");
    expect(sent).toMatchObject({ kind: "broadcast", state: "published" });
    const [event] = (await ben.round()).filter(({ type }) => type === "message");
    expect(event).toMatchObject({ kind: "broadcast", id: sent.id, text: "once", from: "ada" });
    expect((await ada.peer.status()).contacts[0]).toMatchObject({ session: "none" });
  });

  test("one-off messages go into a session that was just begun, and stay one-off messages", async () => {
    const [ada, ben] = await new World(3).pair();
    await ada.peer.send("ben", "first");
    const sent = await ada.peer.broadcast("ben", "aside");
    expect(sent).toMatchObject({ kind: "broadcast", state: "published" });
    await ada.peer.send("ben", "second");
    const got = [...(await ben.round()), ...(await ben.round())].filter((event) => event.type === "message");
    expect(got.map(({ text, kind }) => [text, kind])).toEqual([
      ["first", "session"],
      ["aside", "broadcast"],
      ["second", "session"],
    ]);
    expect(got[1]?.id).toBe(sent.id);
    await ben.peer.send("ada", "got it");
    const outcomes = [...(await ada.round()), ...(await ada.round())];
    expect(outcomes).toContainEqual(expect.objectContaining({ type: "delivered", id: sent.id, to: "ben" }));
  });
});
