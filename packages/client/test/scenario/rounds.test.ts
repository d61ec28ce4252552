import { StorageLocalError } from "@cweb/storage-local";
import type { ReadResult, RemoteReader } from "@cweb/storage-remote";
import { StorageRemoteError } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { Peer, type PeerEvent } from "../../src/index.ts";
import { day, minute, World } from "../support/world.ts";

const offline: RemoteReader = { read: () => Promise.reject(new StorageRemoteError("unreachable", "The store cannot be reached.")) };
const texts = (events: readonly PeerEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === "message" ? [event.text ?? ""] : []));

describe("rounds", () => {
  test("an idle round costs one GET for each contact", async () => {
    const world = new World(30);
    const [ada, ...others] = [await world.home(), await world.home(), await world.home(), await world.home()];
    for (const [i, other] of others.entries()) {
      await ada?.peer.addContact(await other.peer.card(), `friend ${i}`);
      await other.peer.addContact((await ada?.peer.card()) ?? "", "ada");
      await other.peer.send("ada", `hello ${i}`);
    }
    if (!ada) throw new Error("no home");
    expect((await ada.texts(1)).length).toBe(3);
    for (let i = 0; i < 3; i++) await ada.peer.send(`friend ${i}`, "hello");
    for (const other of others) expect(await other.texts(1)).toEqual(["hello"]);
    await ada.peer.poll();
    for (let i = 0; i < 20; i++) {
      world.clock.advance(5 * 1000);
      const report = await ada.peer.poll();
      expect([report.requests.get, report.requests.put, report.requests.list, report.failure]).toEqual([3, 0, 0, undefined]);
      expect(report.contacts.map(({ gets }) => gets)).toEqual([1, 1, 1]);
    }
  });

  test("a broken contact hides nobody's messages", async () => {
    const world = new World(31);
    const [ada, ben] = await world.pair();
    const carla = await world.home();
    await ada.peer.addContact(await carla.peer.card(), "carla");
    carla.serve = () => ({ read: () => Promise.reject(new TypeError("a mistake in a back-end")) });
    await ben.peer.send("ada", "still here");
    const round = ada.peer.round();
    const events: PeerEvent[] = [];
    let step = await round.next();
    for (; !step.done; step = await round.next()) events.push(...step.value);
    expect(texts(events)).toEqual(["still here"]);
    expect(step.value.contacts.map(({ name, failure }) => [name, failure === undefined])).toEqual([
      ["ben", true],
      ["carla", false],
    ]);
  });

  test("a contact that hangs holds up no other, in this round or the next", async () => {
    const world = new World(32);
    const [ada, ben] = await world.pair();
    const carla = await world.home();
    await ada.peer.addContact(await carla.peer.card(), "carla");
    let asked = 0;
    carla.serve = () => ({
      read: (_path, { signal }): Promise<ReadResult> => {
        asked++;
        return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    for (let n = 0; n < 2; n++) {
      await ben.peer.send("ada", `text ${n}`);
      const round = ada.peer.round();
      const first = await round.next();
      // Ben's message is there while Carla's store still hangs.
      expect(first.done ? [] : texts(first.value)).toEqual([`text ${n}`]);
      if (!first.done) await ada.peer.acknowledge(first.value);
      const end = round.next();
      if (n === 0) {
        while (world.clock.sleeping !== 2) await new Promise((resolve) => setTimeout(resolve, 1));
        world.clock.advance(10_000);
      }
      const last = await end;
      if (!last.done) throw new Error("the round goes on");
      expect(last.value.contacts.find(({ name }) => name === "carla")?.failure).toMatchObject({ code: "contact-slow", retryable: true });
    }
    expect(asked).toBe(1);
    await ada.peer.close();
  });

  test("an unreachable store is an alarm until it answers", async () => {
    const world = new World(33);
    const [ada, ben] = await world.pair();
    ben.serve = () => offline;
    const events: PeerEvent[] = [];
    for (let i = 0; i < 4; i++) {
      world.clock.advance(5 * minute);
      events.push(...(await ada.round()));
    }
    expect(events).toEqual([
      expect.objectContaining({ type: "alarm", contact: "ben", code: "unreachable", store: "bucket 1", message: expect.any(String) }),
    ]);
    const alarms = async () => (await ada.peer.status()).contacts[0]?.alarms;
    expect(await alarms()).toEqual([{ code: "unreachable", store: "bucket 1", since: expect.any(Number) }]);
    await ada.restart();
    expect(await alarms()).toHaveLength(1);
    ben.serve = (reader) => reader;
    world.clock.advance(5 * minute);
    await ada.round();
    expect(await alarms()).toEqual([]);
  });

  test("what was queued is told to be published, once", async () => {
    const world = new World(34);
    const [ada, ben] = await world.pair();
    await ada.peer.send("ben", "zero");
    const working = ada.options().writer;
    const broken = {
      checksClock: false,
      write: () => Promise.reject(new StorageRemoteError("unreachable", "The store cannot be reached.")),
      remove: () => Promise.reject(new StorageRemoteError("unreachable", "The store cannot be reached.")),
    };
    await ada.restart({ writer: broken });
    const messageId = "6F1C1F0A-9d3e-4b7a-8c55-0d1e2f3a4b5c";
    const sent = [await ada.peer.send("ben", "one", { messageId }), await ada.peer.send("ben", "two")];
    expect(sent.map(({ state, failure }) => [state, failure instanceof StorageRemoteError])).toEqual([
      ["queued", true],
      ["queued", true],
    ]);
    expect((await ada.peer.status()).outbox.queued).toBe(2);
    expect(await ada.peer.flush()).toMatchObject({ published: [], pending: true, failure: { code: "unreachable" } });
    const again = await ada.peer.send("ben", "other", { messageId });
    expect(again.state).toBe("queued");
    await ada.restart({ writer: working });
    const { published, pending } = await ada.peer.flush();
    expect(published.map(({ id, to, state }) => [id, to, state])).toEqual(sent.map(({ id }) => [id, "ben", "published"]));
    expect(pending).toBe(false);
    expect((await ada.peer.flush()).published).toEqual([]);
    expect((await ada.peer.send("ben", "other", { messageId })).state).toBe("published");
    expect(await ben.texts()).toEqual(["zero", "one", "two"]);
  });

  test("events come again until they are acknowledged", async () => {
    const [ada, ben] = await new World(35).pair();
    for (let i = 0; i < 3; i++) await ada.peer.send("ben", `text ${i}`);
    const ids: string[] = [];
    for await (const event of ben.peer.receive({ schedule: () => undefined })) if (event.type === "message") ids.push(event.id);
    // The same process is not handed them again; another one is.
    expect(await ben.peer.events({ limit: 10 })).toEqual([]);
    await ben.restart();
    const events = await ben.peer.events({ limit: 10 });
    const messages = events.filter((event) => event.type === "message");
    expect(messages.map(({ id, redelivered }) => [id, redelivered])).toEqual(ids.map((id) => [id, true]));
    await messages[0]?.acknowledge();
    await ben.restart();
    const left = (await ben.peer.events({ limit: 10 })).filter((event) => event.type === "message");
    expect(left.map(({ id }) => id)).toEqual(ids.slice(1));
    await ben.peer.acknowledge(await ben.peer.events({ limit: 10 }));
  });

  test("a restored home says so and talks again", async () => {
    const world = new World(36);
    const [ada, ben] = await world.pair();
    await ada.peer.send("ben", "one");
    expect(await ben.texts()).toEqual(["one"]);
    await ben.peer.send("ada", "two");
    expect(await ada.texts()).toEqual(["two"]);
    const backup = ada.store.snapshot();
    await ada.peer.send("ben", "three");
    expect(await ben.texts()).toEqual(["three"]);
    await ada.peer.close();
    const { memoryStore } = await import("@cweb/storage-local/memory");
    ada.store = memoryStore({ from: backup });
    await ada.restart();
    world.clock.advance(day);
    const events: PeerEvent[] = [];
    await ada.peer.send("ben", "after the restore");
    for (let i = 0; i < 3; i++) events.push(...(await ada.round()));
    expect(events).toContainEqual(expect.objectContaining({ type: "own-state-restored", contact: "me" }));
    const heard: string[] = [];
    for (let i = 0; i < 4; i++) for (const event of await ben.round(true)) if (event.type === "message") heard.push(event.text ?? "");
    expect(heard).toContain("after the restore");
    await ben.peer.send("ada", "welcome back");
    const back: string[] = [];
    for (let i = 0; i < 4; i++) back.push(...texts(await ada.round(true)));
    expect(back).toEqual(["welcome back"]);
  });

  test("requests are counted since the home was made, over processes", async () => {
    const [ada] = await new World(37).pair();
    await ada.peer.send("ben", "one");
    const counted = (await ada.peer.status()).requests;
    const { get, put, delete: removed } = ada.meter.counts();
    expect([counted.get, counted.put, counted.delete, counted.list, counted.head]).toEqual([
      get.requests,
      put.requests,
      removed.requests,
      0,
      0,
    ]);
    await ada.restart();
    await ada.peer.poll();
    const later = (await ada.peer.status()).requests;
    expect(later.get).toBeGreaterThan(counted.get);
    expect(later.bytesOut).toBe(counted.bytesOut);
  });

  test("a reader of rounds may leave at any time, and a signal ends all", async () => {
    const [ada, ben] = await new World(38).pair();
    await ada.peer.send("ben", "one");
    for await (const event of ben.peer.receive({ schedule: () => 1000 })) {
      if (event.type === "message") break;
    }
    const stop = new AbortController();
    stop.abort(new Error("stopped"));
    await expect(ben.peer.poll({ signal: stop.signal })).rejects.toThrow("stopped");
    await expect(ada.peer.send("ben", "x", { signal: stop.signal })).rejects.toThrow("stopped");
  });

  test("a send whose message is committed does not fail: the disk may be full right behind it", async () => {
    const [ada, ben] = await new World(39).pair();
    await ada.peer.send("ben", "zero");
    const { local } = ada.options();
    let left = Number.POSITIVE_INFINITY;
    const filling = {
      load: local.load.bind(local),
      scan: local.scan.bind(local),
      close: local.close.bind(local),
      commit: (...args: Parameters<typeof local.commit>) => {
        if (--left < 0) throw new StorageLocalError("full", "The disk is full.");
        return local.commit(...args);
      },
    };
    const peer = await Peer.open({ ...ada.options(), local: filling });
    left = 1;
    const sent = await peer.send("ben", "one");
    expect(sent).toMatchObject({ state: "queued", failure: { code: "full" } });
    left = 0;
    await expect(peer.send("ben", "two")).rejects.toMatchObject({ code: "full" });
    await ada.round();
    expect(await ben.texts()).toEqual(["zero", "one"]);
  });
});
