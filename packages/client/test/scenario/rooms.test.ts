import { utf8 } from "@cweb/crypto";
import { bytesSource, memoryTarget } from "@cweb/file-sharing";
import { StorageRemoteError } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { ofType } from "../support/events.ts";
import { meeting, texts } from "../support/meeting.ts";
import { type Home, hour } from "../support/world.ts";

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

test("a file in a room is fetched from its owner, who may be no contact, and nobody is told twice", async () => {
  const group = await meeting(86, 3);
  const [ada, ben, cleo] = group.homes as readonly [Home, Home, Home];
  await group.room();
  const bytes = Uint8Array.from({ length: 5_000 }, (_, i) => i >> 3);
  const file = { name: "plan.txt", mime: "text/plain", key: "plan", to: [], rooms: ["garden"] };
  const shared = await ben.peer.files.share(bytesSource(bytes), file);
  expect(shared).toMatchObject({ to: ["garden"], sent: [{ kind: "room", to: "garden", state: "published" }] });
  expect((await ben.peer.files.share(bytesSource(bytes), file)).sent.map(({ id }) => id)).toEqual([shared.sent[0]?.id]);
  expect(await ben.peer.files.list()).toMatchObject([{ to: ["garden"] }]);
  await group.rounds(6);
  for (const home of [ada, cleo]) {
    const [told, ...more] = ofType(group.heard(home), "message");
    expect([told?.kind, told?.file?.name, more.length]).toEqual(["room", "plan.txt", 0]);
    const target = memoryTarget("plan");
    expect(await home.peer.files.received(told?.id ?? "")).toMatchObject({ name: "plan.txt", size: 5_000 });
    await home.peer.files.download(told?.id ?? "", { to: target });
    expect(target.finished()).toEqual(bytes);
  }
  await ben.peer.files.remove(shared.fileId);
  expect(await ben.peer.files.list()).toEqual([]);
});

test("M3: a reference in a room counts only from the file's owner", async () => {
  const group = await meeting(87, 3, { all: true });
  const [ada, ben, cleo] = group.homes as readonly [Home, Home, Home];
  await group.room();
  await ben.peer.files.share(bytesSource(utf8("mine")), { name: "a", to: [], rooms: ["garden"] });
  await group.rounds(3);
  const [told] = ofType(group.heard(cleo), "message");
  const room = { id: (await cleo.peer.rooms.status("garden")).id, name: "garden" };
  const passedOn = { kind: 24, payload: told?.payload ?? utf8(""), messageId: new Uint8Array(16).fill(7) };
  await cleo.peer.rooms.post(room, passedOn, {});
  await group.rounds(3);
  expect(ofType(group.heard(ada), "message")).toHaveLength(1);
  expect(ofType(group.heard(ada), "undecryptable")).toMatchObject([{ contact: "cleo", room: "garden" }]);
  expect((await ada.peer.rooms.history("garden")).map(({ file }) => file?.name)).toEqual(["a", undefined]);
  const id = "07070707-0707-0707-0707-070707070707";
  await expect(ada.peer.files.received(id)).rejects.toMatchObject({ code: "unknown-message" });
});

describe("what is wrong with a room", () => {
  test("a message that a store hides and nobody has is withheld, with the store's name, and has come when it is shown again", async () => {
    const group = await meeting(81, 3, { all: true });
    const [ada, ben, cleo] = group.homes as readonly [Home, Home, Home];
    await group.room({ copies: false });
    await ben.peer.rooms.send("garden", "first");
    await group.rounds(2);
    const before = new Set(ben.bucket.objects().keys());
    await ben.peer.rooms.send("garden", "hidden");
    const hidden = new Set([...ben.bucket.objects().keys()].filter((path) => !before.has(path)));
    ben.serve = (reader) => ({
      read: async (path, options) => (hidden.has(path) ? { kind: "absent" } : reader.read(path, options)),
    });
    await ben.peer.rooms.send("garden", "next");
    await group.rounds(3, { of: [ada, cleo], full: true });
    const missing = async () => (await cleo.peer.rooms.status("garden")).missing.map(({ from, state, store }) => [from, state, store]);
    expect(await missing()).toContainEqual(["ben", "missing", "bucket 1"]);
    expect(await texts(cleo)).toEqual(["first"]);
    await group.rounds(4, { of: [ada, cleo], full: true, step: 13 * hour });
    expect(await missing()).toEqual([["ben", "withheld", "bucket 1"]]);
    expect(ofType(group.heard(cleo), "room-withheld")).toMatchObject([{ room: "garden", member: "ben", store: "bucket 1" }]);
    expect(await texts(cleo)).toEqual(["first", "next"]);
    ben.serve = (reader) => reader;
    await group.rounds(3, { of: [ada, cleo], full: true, step: 13 * hour });
    expect(await texts(cleo)).toEqual(["first", "hidden", "next"]);
    expect(await missing()).toEqual([]);
    expect(ofType(group.heard(cleo), "room-recovered")).toMatchObject([{ room: "garden", member: "ben" }]);
  });

  test("invitations wait where the application wants to ask", async () => {
    const group = await meeting(82, 2);
    const [ada, ben] = group.homes as readonly [Home, Home];
    await ben.restart({ rooms: "ask" });
    await ben.peer.rooms.create("garden");
    await group.room();
    // Ben has a room of this name already.
    expect(ofType(group.heard(ben), "room-invited")).toMatchObject([{ room: "garden 2", member: "ada" }]);
    expect(await ben.peer.rooms.status("garden 2")).toMatchObject({ state: "invited", title: "garden" });
    expect((await ada.peer.rooms.status("garden")).members).toEqual(["me"]);
    await ben.peer.rooms.join("garden 2");
    await group.rounds(3);
    expect((await ada.peer.rooms.status("garden")).members).toEqual(["ben", "me"]);
    expect((await ben.peer.rooms.list()).map(({ name, state }) => [name, state])).toEqual([
      ["garden", "member"],
      ["garden 2", "member"],
    ]);
  });

  test("the role is handed over: who takes it knows all members as contacts then", async () => {
    const group = await meeting(83, 3);
    const [ada, ben, cleo] = group.homes as readonly [Home, Home, Home];
    await group.room();
    await expect(ada.peer.rooms.leave("garden")).rejects.toMatchObject({ code: "not-admin" });
    await ada.peer.rooms.handover("garden", "ben");
    await group.rounds(5);
    await ada.peer.rooms.leave("garden");
    await group.rounds(6);
    expect(await cleo.peer.rooms.status("garden")).toMatchObject({ admin: ben.peer.id, members: [ben.peer.id, "me"].sort() });
    expect(await ada.peer.rooms.status("garden")).toMatchObject({ state: "removed" });
    expect((await ben.peer.contacts()).map(({ name }) => name)).toEqual(["ada", cleo.peer.id].sort());
    await ben.peer.rooms.remove("garden", [cleo.peer.id]);
    await group.rounds(4);
    expect(await cleo.peer.rooms.status("garden")).toMatchObject({ state: "removed" });
  });

  test("names, ids and kinds are checked before anything is made or sent", async () => {
    const group = await meeting(84, 2);
    const { rooms } = (group.homes[0] as Home).peer;
    await rooms.create(" garden ");
    const codes = [
      [() => rooms.create("garden"), "room-exists"],
      [() => rooms.create("a\u202eb"), "bad-name"],
      [() => rooms.create(""), "bad-name"],
      [() => rooms.status("other"), "unknown-room"],
      [() => rooms.add("garden", ["nobody"]), "unknown-contact"],
      [() => rooms.remove("garden", ["nobody"]), "unknown-contact"],
      [() => rooms.handover("garden", "ben"), "unknown-contact"],
      [() => rooms.join("garden"), "none"],
      [() => rooms.send("garden", "x", { messageId: "x" }), "bad-message-id"],
      [() => rooms.send("garden", { kind: 24, payload: new Uint8Array() }), "unsupported-kind"],
      [() => rooms.send("garden", "x".repeat(55_297)), "too-large"],
    ] as const;
    const codeOf = (call: () => Promise<unknown>): Promise<unknown> =>
      call().then(
        () => "none",
        (error: { readonly code: unknown }) => error.code,
      );
    for (const [call, code] of codes) expect([code, await codeOf(call)]).toEqual([code, code]);
    expect((await rooms.list()).map(({ name }) => name)).toEqual(["garden"]);
  });

  test("a message that was queued for want of a network is told to be published once", async () => {
    const group = await meeting(85, 2);
    const [ada, ben] = group.homes as readonly [Home, Home];
    await group.room();
    const { writer } = ada.options();
    const down = () => Promise.reject(new StorageRemoteError("unreachable", "The store cannot be reached."));
    await ada.restart({ writer: { checksClock: false, write: down, remove: down } });
    const queued = await ada.peer.rooms.send("garden", "later");
    expect(queued).toMatchObject({ state: "queued", failure: { code: "unreachable" } });
    expect((await ada.peer.rooms.send("garden", "later", { messageId: queued.id })).state).toBe("queued");
    await ada.restart({ writer });
    const { id, to } = queued;
    expect((await ada.peer.flush()).published).toEqual([{ id, to, kind: "room", state: "published" }]);
    expect((await ada.peer.flush()).published).toEqual([]);
    await group.rounds(3);
    expect(await texts(ben)).toEqual(["later"]);
  });
});
