import { utf8 } from "@cweb/crypto";
import { memoryStore } from "@cweb/storage-local/memory";
import { StorageRemoteError } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { ofType, rounds } from "../support/events.ts";
import { day, type Home, minute, World } from "../support/world.ts";

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

/** Ada knows Ben and Carla, and they her; sessions stand. */
async function three(seed: number): Promise<{ world: World; ada: Home; ben: Home; carla: Home }> {
  const world = new World(seed);
  const [ada, ben, carla] = [await world.home(), await world.home(), await world.home()];
  for (const [name, other] of [["ben", ben] as const, ["carla", carla] as const]) {
    await ada.peer.addContact(await other.peer.card(), name);
    await other.peer.addContact(await ada.peer.card(), "ada");
    await ada.peer.send(name, "hello");
    await rounds(other, 1);
    await other.peer.send("ada", "hello yourself");
  }
  await rounds(ada, 2);
  return { world, ada, ben, carla };
}

/** What a home has read of Ada's object. */
const seen = async (home: Home, name: string): Promise<readonly unknown[]> => {
  const { value, state } = await home.peer.objects.get("ada", name);
  return [text(value), state];
};

describe("objects", () => {
  test("a value is seen by whom it is shared with, as it is now and as it changes, and by nobody else", async () => {
    const { world, ada, ben, carla } = await three(60);
    expect(await ada.peer.objects.create("notes", "one")).toMatchObject({ owner: "me", name: "notes", subscribers: [] });
    expect(await ada.peer.objects.share("notes", ["ben"])).toMatchObject({ subscribers: ["ben"] });
    const first = ofType(await rounds(ben, 2), "object");
    expect(first.map(({ owner, name, value, state }) => [owner, name, text(value), state])).toEqual([["ada", "notes", "one", "current"]]);
    const changed = await ada.peer.objects.set("notes", "two");
    expect(changed.version).toBeGreaterThan(first[0]?.version ?? Number.POSITIVE_INFINITY);
    world.clock.advance(2 * minute);
    expect(ofType(await rounds(ben, 1), "object").map(({ value, version }) => [text(value), version])).toEqual([["two", changed.version]]);
    world.clock.advance(2 * minute);
    expect(await rounds(ben, 1)).toEqual([]);
    await rounds(carla, 2, true);
    await expect(carla.peer.objects.get("ada", "notes")).rejects.toMatchObject({ code: "unknown-object" });
    expect(await ben.peer.objects.list()).toMatchObject({ own: [], shared: [{ owner: "ada", name: "notes", state: "current" }] });
    expect((await ada.peer.objects.list()).own).toMatchObject([{ name: "notes", subscribers: ["ben"] }]);
    expect(await ada.peer.objects.get("me", "notes")).toMatchObject({ value: utf8("two"), state: "current" });
  });

  test("who comes later sees the present value; who is taken out sees nothing new; a deleted object is told of", async () => {
    const { world, ada, ben, carla } = await three(61);
    await ada.peer.objects.create("plan", "one");
    await ada.peer.objects.share("plan", ["ben"]);
    await rounds(ben, 2);
    await ada.peer.objects.set("plan", "two");
    await ada.peer.objects.share("plan", ["carla"]);
    expect(ofType(await rounds(carla, 2), "object").map(({ value }) => text(value))).toEqual(["two"]);
    expect(await ada.peer.objects.unshare("plan", ["ben"])).toMatchObject({ subscribers: ["carla"] });
    await ada.peer.objects.set("plan", "three");
    world.clock.advance(2 * minute);
    const states = ofType([...(await rounds(ben, 3))], "object").map(({ state }) => state);
    expect(states.at(-1)).toBe("revoked");
    expect((await seen(ben, "plan"))[0]).not.toBe("three");
    await rounds(carla, 2);
    expect(await seen(carla, "plan")).toEqual(["three", "current"]);
    await ada.peer.objects.remove("plan");
    world.clock.advance(2 * minute);
    expect(ofType(await rounds(carla, 2), "object").map(({ state }) => state)).toEqual(["deleted"]);
    await expect(ada.peer.objects.set("plan", "four")).rejects.toMatchObject({ code: "unknown-object" });
    // The name is free again.
    await ada.peer.objects.create("plan", "anew");
    await ada.peer.objects.share("plan", ["carla"]);
    await rounds(carla, 2);
    expect(await seen(carla, "plan")).toEqual(["anew", "current"]);
  });

  test("M12: a contact that is removed reads nothing new of any object", async () => {
    const { world, ada, ben, carla } = await three(62);
    for (const name of ["a", "b"]) {
      await ada.peer.objects.create(name, "before");
      await ada.peer.objects.share(name, ["ben", "carla"]);
    }
    await rounds(ben, 2);
    await rounds(carla, 2);
    await ada.peer.removeContact("ben");
    for (const name of ["a", "b"]) {
      expect(await ada.peer.objects.set(name, "after")).toMatchObject({ subscribers: ["carla"] });
    }
    world.clock.advance(2 * minute);
    await rounds(ben, 3, true);
    await rounds(carla, 3);
    for (const name of ["a", "b"]) {
      expect((await seen(ben, name))[0]).toBe("before");
      expect(await seen(carla, name)).toEqual(["after", "current"]);
    }
    // The other way round: what the removed one shared is forgotten here.
    await ben.peer.objects.create("mine", "x");
    await ben.peer.objects.share("mine", ["ada"]);
    expect((await ada.peer.objects.list()).shared).toEqual([]);
  });

  test("an idle round costs a GET for each contact and one for each object that is due; an update is one PUT for all who read it", async () => {
    const { world, ada, ben, carla } = await three(63);
    for (const name of ["often", "seldom"]) {
      await ada.peer.objects.create(name, "0", { interval: name === "often" ? 10 : 600 });
      await ada.peer.objects.share(name, ["ben", "carla"]);
    }
    for (const home of [ben, carla, ben, carla, ada]) await rounds(home, 2);
    await ben.peer.poll();
    const gets: number[] = [];
    for (let i = 0; i < 60; i++) {
      world.clock.advance(5_000);
      const { requests, contacts } = await ben.peer.poll();
      gets.push(requests.get);
      expect([requests.put, requests.delete, requests.list, contacts.length]).toEqual([0, 0, 0, 1]);
    }
    // The one that changes often is due in every other round, the other one in none of these five minutes.
    expect([Math.min(...gets), Math.max(...gets)]).toEqual([1, 2]);
    expect(gets.reduce((sum, n) => sum + n)).toBe(90);
    await ada.peer.poll();
    const before = ada.meter.counts().put.requests;
    await ada.peer.objects.set("often", "1");
    expect(ada.meter.counts().put.requests - before).toBe(1);
    world.clock.advance(11_000);
    for (const home of [ben, carla]) {
      await rounds(home, 1);
      expect(await seen(home, "often")).toEqual(["1", "current"]);
    }
  });

  test("a new process asks for all objects once, however long their interval", async () => {
    const { ada, ben } = await three(64);
    await ada.peer.objects.create("weekly", "one", { interval: 604_800 });
    await ada.peer.objects.share("weekly", ["ben"]);
    await rounds(ben, 2);
    await ada.peer.objects.set("weekly", "two");
    await rounds(ben, 2);
    expect(await seen(ben, "weekly")).toEqual(["one", "current"]);
    await ben.restart();
    await rounds(ben, 1);
    expect(await seen(ben, "weekly")).toEqual(["two", "current"]);
  });

  test("what travels with a message tells of a new value before its interval is over", async () => {
    const { ada, ben } = await three(65);
    await ada.peer.objects.create("weekly", "one", { interval: 604_800 });
    await ada.peer.objects.share("weekly", ["ben"]);
    await rounds(ben, 2);
    await ada.peer.objects.set("weekly", "two");
    await ada.peer.send("ben", "look at it");
    const events = await rounds(ben, 2);
    expect(ofType(events, "object").map(({ value }) => text(value))).toEqual(["two"]);
  });

  test("names belong to one object, whoever makes it first", async () => {
    const world = new World(66);
    const ada = await world.home();
    const { Peer } = await import("../../src/index.ts");
    const other = await Peer.open(ada.options());
    const made = await Promise.allSettled([
      ada.peer.objects.create("x", "1"),
      other.objects.create("x", "2"),
      ada.peer.objects.create("x", "3"),
    ]);
    const done = made.filter(({ status }) => status === "fulfilled");
    expect(done).toHaveLength(1);
    for (const { reason } of made.filter((one) => one.status === "rejected")) expect(reason).toMatchObject({ code: "object-exists" });
    await other.objects.set("x", "4");
    expect(text((await ada.peer.objects.get("me", "x")).value)).toBe("4");
    expect((await ada.peer.objects.list()).own).toHaveLength(1);
    for (const name of ["", " ", "a\u202eb", "\u0007", "é".repeat(29)]) {
      await expect(ada.peer.objects.create(name, "")).rejects.toMatchObject({ code: "bad-name" });
    }
    await ada.peer.objects.create(" a/b ", "");
    expect(await ada.peer.objects.get("me", "a/b")).toMatchObject({ name: "a/b", value: new Uint8Array() });
  });

  test("unknown names and contacts are refused, and nothing is changed", async () => {
    const { ada } = await three(67);
    const { objects } = ada.peer;
    await objects.create("notes", "one");
    for (const call of [
      () => objects.set("other", "x"),
      () => objects.share("other", ["ben"]),
      () => objects.remove("other"),
      () => objects.get("me", "other"),
      () => objects.get("ben", "notes"),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: "PeerError", code: "unknown-object", retryable: false });
    }
    await expect(objects.share("notes", ["ben", "nobody"])).rejects.toMatchObject({ code: "unknown-contact" });
    await expect(objects.get("nobody", "notes")).rejects.toMatchObject({ code: "unknown-contact" });
    expect((await objects.list()).own).toMatchObject([{ subscribers: [] }]);
  });

  test("a large value travels as a file, which is none of one's own files, and goes when the object goes", async () => {
    const { world, ada, ben } = await three(68);
    const large = Uint8Array.from({ length: 300_000 }, (_, i) => i * 31);
    await ada.peer.objects.create("map", large);
    await ada.peer.objects.share("map", ["ben"]);
    const [told] = ofType(await rounds(ben, 2), "object");
    expect(told?.value).toEqual(large);
    expect((await ben.peer.objects.get("ada", "map")).value).toEqual(large);
    expect(await ada.peer.files.list()).toEqual([]);
    const objects = ada.bucket.objects().size;
    await ada.peer.objects.remove("map");
    for (let i = 0; i < 40; i++) {
      world.clock.advance(day);
      await rounds(ada, 1);
    }
    expect(ada.bucket.objects().size).toBeLessThan(objects - 1);
  });

  test("a change made without a network is seen once there is one", async () => {
    const { world, ada, ben } = await three(69);
    await ada.peer.objects.create("notes", "one");
    await ada.peer.objects.share("notes", ["ben"]);
    await rounds(ben, 2);
    const { writer } = ada.options();
    const down = () => Promise.reject(new StorageRemoteError("unreachable", "The store cannot be reached."));
    await ada.restart({ writer: { checksClock: false, write: down, remove: down } });
    expect(await ada.peer.objects.set("notes", "two")).toMatchObject({ failure: { code: "unreachable" } });
    await ada.restart({ writer });
    await ada.peer.flush();
    world.clock.advance(2 * minute);
    await rounds(ben, 1);
    expect(await seen(ben, "notes")).toEqual(["two", "current"]);
  });

  test("a damaged object is an error, and keeps no message from going out or coming in", async () => {
    const { ada, ben } = await three(72);
    await ada.peer.objects.create("notes", "one");
    const [record] = await ada.store.scan("shared-object/own/", { limit: 1 });
    if (!record) throw new Error("no record of the object");
    const put = new Map([[record.name, new Uint8Array([1, 2, 3])]]);
    await ada.store.commit({ expected: new Map(), put, remove: new Set() });
    await ada.restart();
    expect(await ada.peer.send("ben", "still here")).toMatchObject({ failure: { code: "corrupt-state" } });
    expect(ofType(await rounds(ben, 1), "message").map(({ text }) => text)).toEqual(["still here"]);
    await ben.peer.send("ada", "here too");
    expect(ofType(await rounds(ada, 2), "message").map(({ text }) => text)).toEqual(["here too"]);
    await expect(ada.peer.objects.get("me", "notes")).rejects.toMatchObject({ code: "corrupt-state" });
  });

  test("a restored home goes on: those who read its objects get new keys and see what it says now", async () => {
    const { world, ada, ben } = await three(70);
    await ada.peer.objects.create("notes", "one");
    await ada.peer.objects.share("notes", ["ben"]);
    await rounds(ben, 2);
    const backup = ada.store.snapshot();
    await ada.peer.objects.set("notes", "two");
    world.clock.advance(2 * minute);
    await rounds(ben, 1);
    expect(await seen(ben, "notes")).toEqual(["two", "current"]);
    await ada.peer.close();
    ada.store = memoryStore({ from: backup });
    await ada.restart();
    world.clock.advance(day);
    await rounds(ada, 2);
    await ada.peer.objects.set("notes", "after the restore");
    const events = [];
    for (let i = 0; i < 4; i++) {
      world.clock.advance(2 * minute);
      events.push(...(await rounds(ben, 1, true)), ...(await rounds(ada, 1)));
    }
    expect(await seen(ben, "notes")).toEqual(["after the restore", "current"]);
    expect(ofType(events, "alarm").map(({ code }) => code)).toEqual([]);
  });

  test("a store that shows an older value is an alarm, which stands until it shows the newest", async () => {
    const { world, ada, ben } = await three(71);
    await ada.peer.objects.create("notes", "one");
    await ada.peer.objects.share("notes", ["ben"]);
    await rounds(ben, 2);
    const old = ada.bucket.snapshot();
    await ada.peer.objects.set("notes", "two");
    world.clock.advance(2 * minute);
    await rounds(ben, 1);
    const now = ada.bucket.snapshot();
    await ada.bucket.restore(old);
    const events = [];
    for (let i = 0; i < 6; i++) {
      world.clock.advance(6 * minute);
      events.push(...(await rounds(ben, 1)));
    }
    const alarm = expect.objectContaining({ type: "alarm", contact: "ada", code: "object-rollback", store: "bucket 0", object: "notes" });
    expect(ofType(events, "alarm").filter(({ code }) => code.startsWith("object"))).toEqual([alarm]);
    const alarms = async () => (await ben.peer.status()).contacts[0]?.alarms.map(({ code }) => code);
    expect(await alarms()).toContain("object-rollback");
    expect((await seen(ben, "notes"))[0]).toBe("two");
    await ada.bucket.restore(now);
    world.clock.advance(6 * minute);
    await rounds(ben, 2);
    expect(await alarms()).not.toContain("object-rollback");
    expect(await seen(ben, "notes")).toEqual(["two", "current"]);
  });
});
