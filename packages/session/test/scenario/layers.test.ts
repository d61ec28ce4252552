import { utf8 } from "@cweb/crypto";
import { describe, expect, test } from "vitest";
import { createKindRegistry, kinds, type MessageKind } from "../../src/index.ts";
import { acquainted, publishBody } from "../support/forge.ts";
import { forgetNotes, noteKinds, noteLayer, noteRegistry, noteRider, notes } from "../support/note-layer.ts";
import { day, minute, type TestPeer, World } from "../support/world.ts";

interface Scene {
  readonly world: World;
  readonly ada: TestPeer;
  readonly ben: TestPeer;
}

async function scene(seed: number): Promise<Scene> {
  const world = new World(seed, { kinds: noteRegistry() });
  const [ada, ben] = await acquainted(await world.meeting(2));
  return { world, ada, ben };
}

const idOf = (n: number): Uint8Array => new Uint8Array(16).fill(n);
const note = (text: string, n?: number, kind: MessageKind = noteKinds.note) => ({
  kind: kind.number,
  payload: utf8(text),
  ...(n === undefined ? {} : { messageId: idOf(n) }),
});

async function hear(peer: TestPeer, other: TestPeer): Promise<void> {
  await peer.poll(other);
  await peer.poll(other);
}

/** What the caller's step does beside what it sends. */
const countName = "caller/count";

async function enqueueAll(from: TestPeer, to: TestPeer, texts: readonly string[]): Promise<void> {
  const session = from.session(to);
  await from.mailbox.transact({ read: session.reads }, (tx) => {
    tx.put(countName, utf8(String(texts.length)));
    for (const text of texts) session.enqueue(tx, note(text));
  });
  await session.establish();
  await from.flush();
}

describe("a layer above sessions", () => {
  test("takes its messages instead of the inbox, and hears what became of its own", async () => {
    const { ada, ben } = await scene(1);
    await ada.session(ben).send(note("one", 1));
    await ada.say(ben, "a text");
    await hear(ben, ada);
    expect(await notes(ben, ada)).toEqual(["received 500 one"]);
    expect(await ben.texts()).toEqual(["a text"]);
    await ben.say(ada, "read");
    await hear(ada, ben);
    expect(await notes(ada, ben)).toEqual(["delivered 1"]);
    const own = (await ada.events()).filter(({ type }) => type === "delivered");
    expect(new Set(own.map(({ number }) => number))).toEqual(new Set([kinds.text.number]));
  });

  test("gets each message once, also where a reset sends it again", async () => {
    const { world, ada, ben } = await scene(2);
    await ada.session(ben).send(note("once", 1));
    await ada.flush();
    await hear(ben, ada);
    // Ben's answer is lost with the session that he ends: Ada sends again what he has.
    await ben.session(ada).remove();
    await ben.discovery.removeContact(ada.discovery.identity.id);
    await ben.meet(ada);
    await ben.session(ada).greet();
    await ben.flush();
    for (let i = 0; i < 4; i++) {
      world.clock.advance(day);
      await hear(ada, ben);
      await hear(ben, ada);
    }
    expect((await notes(ben, ada)).filter((line) => line.startsWith("received"))).toEqual(["received 500 once"]);
    expect((await notes(ada, ben)).filter((line) => line.startsWith("delivered"))).toEqual(["delivered 1"]);
  });

  test("is told of a message that came after all by the message alone", async () => {
    const { ada, ben } = await scene(3);
    const before = new Set(ada.bucket.objects().keys());
    await ada.session(ben).send(note("late", 1));
    await ada.flush();
    const late = [...ada.bucket.objects()].filter(([path]) => !before.has(path));
    for (const [path] of late) await ada.bucket.writer.remove(path);
    await ada.say(ben, "next");
    await ben.poll(ada, true);
    for (const [path, bytes] of late) await ada.bucket.writer.write(path, bytes);
    await ben.poll(ada, true);
    expect(await notes(ben, ada)).toEqual(["received 500 late"]);
    expect((await ben.events()).map(({ type }) => type)).toEqual(["gap", "message"]);
  });

  test("hears that a message is lost for good", async () => {
    const { ada, ben } = await scene(4);
    await ada.session(ben).send(note("one", 1));
    await ada.flush();
    const lastSeq = (await ada.state(ben))?.live?.delivery.lastSeq as number;
    await publishBody(ben, ada, { ack: lastSeq, lost: [lastSeq] });
    await hear(ada, ben);
    expect(await notes(ada, ben)).toEqual(["undelivered 1"]);
    expect((await ada.events()).filter(({ number }) => number === noteKinds.note.number)).toEqual([]);
  });

  test("hears that an ephemeral message ended with its session, and that the session began anew, on both sides", async () => {
    const { world, ada, ben } = await scene(5);
    const backup = ben.snapshot();
    await hear(ben, ada);
    await ben.say(ada, "after the backup");
    await hear(ada, ben);
    expect(await notes(ada, ben)).toEqual([]);
    await ada.session(ben).send(note("a key", 1, noteKinds.whisper));
    await ada.session(ben).send(note("kept", 2));
    await ada.flush();
    await ben.restore(backup);
    for (let i = 0; i < 3; i++) {
      world.clock.advance(day);
      await ben.flush();
      await hear(ben, ada);
      await hear(ada, ben);
    }
    expect((await notes(ada, ben)).slice(0, 3)).toEqual(["unconfirmed 1", "renewed", "delivered 2"]);
    expect((await notes(ben, ada)).slice(0, 2)).toEqual(["renewed", "received 500 kept"]);
    expect(await notes(ben, ada)).not.toContain("received 501 a key");
  });

  test("hears of no renewal when a session begins for the first time", async () => {
    const world = new World(6, { kinds: noteRegistry() });
    const [ada, ben] = await acquainted(await world.meeting(2));
    expect([await notes(ada, ben), await notes(ben, ada)]).toEqual([[], []]);
  });

  test("hears that a contact was removed, and of a renewal when it is added again", async () => {
    const { world, ada, ben } = await scene(7);
    await ada.session(ben).remove();
    expect(await notes(ada, ben)).toEqual(["removed"]);
    await ada.discovery.removeContact(ben.discovery.identity.id);
    await ada.meet(ben);
    await ada.session(ben).greet();
    await ada.flush();
    world.clock.advance(day);
    await hear(ben, ada);
    expect(await notes(ada, ben)).toEqual(["removed", "renewed"]);
    expect(await notes(ben, ada)).toEqual(["renewed"]);
  });

  test("M2: every kind of a layer on every channel: the layer gets what came out of a session, and nothing else", async () => {
    const { world, ada, ben } = await scene(8);
    const lawful = noteRegistry();
    const all = Object.values(noteKinds).map((kind) => ({ ...kind, channels: ["session"] as const }));
    const lawless = createKindRegistry(all);
    const seen: Record<string, unknown> = {};
    const look = async (cell: string): Promise<void> => {
      await hear(ben, ada);
      seen[cell] = [await notes(ben, ada), (await ben.events()).map(({ type }) => type)];
      await forgetNotes(ben, ada);
    };
    for (const [name, kind] of Object.entries(noteKinds)) {
      world.options.kinds = lawful;
      if (name === "chalk")
        await expect(ada.session(ben).send(note(name, undefined, kind))).rejects.toMatchObject({ code: "unsupported-kind" });
      // A contact that sends it all the same.
      world.options.kinds = lawless;
      await ada.session(ben).send(note(name, undefined, kind));
      await ada.flush();
      world.options.kinds = lawful;
      await look(`${name} in a session`);
      world.clock.advance(minute);
    }
    const item = { sentAt: world.clock.now(), kind: noteKinds.leaflet.number, messageId: idOf(9), payload: utf8("from the slot") };
    await ada.broadcast.sendOneOff(ben.discovery.identity.id, item);
    await ada.flush();
    await ben.poll(ada, true);
    await look("leaflet in a slot");
    await ada.session(ben).sendOneOff({ ...item, messageId: idOf(10) });
    await ada.flush();
    await look("leaflet in a list of one-offs");
    expect(seen).toEqual({
      "note in a session": [["received 500 note"], []],
      "whisper in a session": [["received 501 whisper"], []],
      "leaflet in a session": [["received 24 leaflet"], []],
      "chalk in a session": [[], ["unsupported"]],
      "leaflet in a slot": [[], ["unsupported"]],
      "leaflet in a list of one-offs": [[], ["unsupported"]],
    });
  });

  test("takes the riders of its numbers, those of other numbers are skipped", async () => {
    const { ada, ben } = await scene(9);
    const rider = (kind: number, text: string) => ({ kind, bytes: utf8(text) });
    await publishBody(ada, ben, { riders: [rider(noteRider, "a"), rider(601, "b"), rider(noteRider, "c"), rider(3, "d")] });
    await hear(ben, ada);
    expect(await notes(ben, ada)).toEqual(["rider a", "rider c"]);
  });
});

describe("sending as a part of another step", () => {
  test("what the caller's step changes and what it sends are there together, or neither is", async () => {
    const { ada, ben } = await scene(20);
    const session = ada.session(ben);
    const failing = ada.mailbox.transact({ read: session.reads }, (tx) => {
      tx.put(countName, utf8("1"));
      session.enqueue(tx, note("never"));
      throw new Error("the caller thinks better of it");
    });
    await expect(failing).rejects.toThrow("thinks better");
    await enqueueAll(ada, ben, ["sent"]);
    await hear(ben, ada);
    expect(await notes(ben, ada)).toEqual(["received 500 sent"]);
    expect((await ada.store.load([countName])).get(countName)?.bytes).toEqual(utf8("1"));
  });

  test("many in one step keep their order, with a session, before one, and behind others that wait", async () => {
    const world = new World(21, { kinds: noteRegistry() });
    const [ada, ben] = (await world.meeting(2)) as [TestPeer, TestPeer];
    const texts = Array.from({ length: 90 }, (_, i) => String(i));
    await enqueueAll(ada, ben, texts.slice(0, 40));
    await hear(ben, ada);
    await enqueueAll(ada, ben, texts.slice(40, 70));
    // These wait, since nobody calls `establish`; more come behind them.
    const session = ada.session(ben);
    for (const part of [texts.slice(70, 75), texts.slice(75, 90)]) {
      await ada.mailbox.transact({ read: session.reads }, (tx) => {
        for (const text of part) session.enqueue(tx, note(text));
      });
    }
    await session.establish();
    await ada.flush();
    await hear(ben, ada);
    expect(await notes(ben, ada)).toEqual(texts.map((text) => `received 500 ${text}`));
  });

  test("an id that was sent before sends nothing, and what `send` refuses is refused", async () => {
    const { ada, ben } = await scene(22);
    const session = ada.session(ben);
    const put = (message: ReturnType<typeof note>) => ada.mailbox.transact({ read: session.reads }, (tx) => session.enqueue(tx, message));
    expect(await put(note("once", 1))).toEqual({ messageId: idOf(1), isRepeated: false });
    expect(await put(note("once", 1))).toEqual({ messageId: idOf(1), isRepeated: true });
    await expect(put({ ...note(""), payload: new Uint8Array(57_345) })).rejects.toMatchObject({ code: "too-large" });
    await expect(put(note("", undefined, noteKinds.chalk))).rejects.toMatchObject({ code: "unsupported-kind" });
    await session.establish();
    await ada.flush();
    await hear(ben, ada);
    expect(await notes(ben, ada)).toEqual(["received 500 once"]);
  });

  test("after a restore a message goes into the session that is begun anew, not into the old one", async () => {
    const { world, ada, ben } = await scene(23);
    const backup = ada.snapshot();
    await ada.session(ben).send(note("lost with the device", 1));
    await ada.flush();
    await hear(ben, ada);
    await ada.restore(backup);
    await ada.mailbox.begin();
    const before = world.requests.length;
    await enqueueAll(ada, ben, ["anew"]);
    expect(world.requests.slice(before).filter(({ op, path }) => op === "put" && !ada.mutablePaths().includes(path))).toEqual([]);
    for (let i = 0; i < 2; i++) {
      world.clock.advance(day);
      await hear(ben, ada);
      await hear(ada, ben);
    }
    expect((await notes(ben, ada)).filter((line) => line.startsWith("received"))).toEqual([
      "received 500 lost with the device",
      "received 500 anew",
    ]);
  });

  test("several riders of one number wait side by side; each takes the place of what it replaces; alone they send nothing", async () => {
    const { ada, ben } = await scene(24);
    const session = ada.session(ben);
    const add = (texts: readonly string[]) =>
      ada.mailbox.transact({ read: session.reads }, (tx) => {
        for (const text of texts) {
          const replaces = (other: { kind: number; bytes: Uint8Array }) => other.kind === noteRider && other.bytes[0] === utf8(text)[0];
          session.addRider(tx, { kind: noteRider, bytes: utf8(text) }, { replaces });
        }
      });
    await add(["a1", "b1", "c1"]);
    await add(["b2"]);
    await session.establish();
    await ada.flush();
    await hear(ben, ada);
    expect(await notes(ben, ada)).toEqual([]);
    await ada.session(ben).ride(601, utf8("of another number"));
    await ada.say(ben, "by the way");
    await hear(ben, ada);
    expect(await notes(ben, ada)).toEqual(["rider a1", "rider c1", "rider b2"]);
    await add(Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i)));
    expect((await ada.state(ben))?.riders.length).toBeLessThanOrEqual(256);
    expect(() => session.addRider({} as never, { kind: noteRider, bytes: new Uint8Array(4097) })).toThrow();
  });

  test("a layer's registry is enough: nothing of it goes to the inbox of a peer that has it, all of it is unsupported elsewhere", async () => {
    const { world, ada, ben } = await scene(25);
    await ada.session(ben).send(note("unknown there", 1));
    await ada.flush();
    world.options.kinds = createKindRegistry();
    await hear(ben, ada);
    expect((await ben.events()).map(({ type, number }) => [type, number])).toEqual([["unsupported", 500]]);
    world.options.kinds = createKindRegistry([], [{ ...noteLayer, riders: [] }]);
    await ben.say(ada, "read");
    await hear(ada, ben);
    expect(await notes(ada, ben)).toEqual(["delivered 1"]);
  });
});
