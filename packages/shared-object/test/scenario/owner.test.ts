import { utf8 } from "@cweb/crypto";
import { type CwebId, encodeId } from "@cweb/discovery";
import { describe, expect, test } from "vitest";
import { limits, times } from "../../src/core/limits.ts";
import type { ObjectId } from "../../src/index.ts";
import { day, type Home, minute, text, World } from "../support/world.ts";

const topic = "object/test";
const utf8Text = async (home: Home, owner: Home, id: ObjectId): Promise<string | undefined> =>
  text((await home.objects.get(owner.id, id))?.value);

async function three(seed: number): Promise<{ world: World; ada: Home; ben: Home; cleo: Home; id: ObjectId }> {
  const world = new World(seed);
  const [ada, ben, cleo] = [world.home(), world.home(), world.home()] as const;
  const { id } = await ada.objects.create({ topic, value: utf8("one") });
  await ada.objects.share(id, [ben.id, cleo.id]);
  await ada.flush();
  await ben.round();
  await cleo.round();
  return { world, ada, ben, cleo, id };
}

/** Of objects alone: the beacon is the mailbox's. */
const pathsOf = ({ bucket }: Home): readonly string[] => [...bucket.objects().keys()].filter((path) => path !== "beacon");

describe("rotation", () => {
  test("every 30 days: a new name, read by all who have the key; the old name goes 30 days later", async () => {
    const { world, ada, ben, cleo, id } = await three(1);
    const [before] = pathsOf(ada);
    world.clock.advance(30 * day);
    await ada.flush();
    expect(pathsOf(ada)).toHaveLength(2);
    await ben.round();
    await ben.round();
    await cleo.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current", value: utf8("one") });
    for (let n = 0; n < 6; n++) {
      world.clock.advance(5 * day);
      await ada.flush();
    }
    // Deletions wait for company, and are made twice.
    for (let n = 0; n < 6; n++) {
      world.clock.advance(20 * minute);
      await ada.flush();
    }
    expect(pathsOf(ada)).not.toContain(before);
  });

  test("tells a reader nothing new: the value is the same, and so is its version", async () => {
    const { world, ada, ben, id } = await three(2);
    const before = await ben.objects.get(ada.id, id);
    await ben.events();
    world.clock.advance(30 * day);
    await ada.flush();
    await ben.round();
    await ben.round();
    expect((await ben.events()).map(({ type, state }) => [type, state])).toEqual([]);
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ version: before?.version });
    expect((await ada.objects.owned())[0]?.version).toBe(before?.version);
  });

  test("without its key is key-pending, not revoked, and asks for nothing", async () => {
    const { world, ada, ben, id } = await three(3);
    world.clock.advance(30 * day);
    await ada.flush();
    // The key message is late.
    const { gets } = await ben.objects.poll(ada.id);
    expect(gets).toBe(1);
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "key-pending", value: utf8("one") });
    world.clock.advance(day);
    expect((await ben.objects.poll(ada.id, { all: true })).gets).toBe(0);
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current", value: utf8("one") });
    expect((await ben.events()).map(({ state }) => state)).toEqual(["current", "key-pending", "current"]);
  });
});

describe("heartbeat", () => {
  test("each week, so that a value stays current as long as its owner lives, and 14 days longer", async () => {
    const { world, ada, ben, id } = await three(4);
    for (let n = 0; n < 4; n++) {
      world.clock.advance(7 * day);
      await ada.flush();
      await ben.round();
      expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current" });
    }
    // A process that starts late sees it as it is without any request.
    world.clock.advance(14 * day + times.clockTolerance + 1);
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "stale", value: utf8("one") });
    await ben.objects.poll(ada.id);
    expect((await ben.events()).map(({ type, state }) => [type, state])).toEqual([
      ["object", "current"],
      ["object", "stale"],
    ]);
    await ada.flush();
    await ben.round();
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current" });
  });
});

describe("sharing", () => {
  test("again with whom it is shared already sends nothing", async () => {
    const { ada, ben, cleo, id } = await three(5);
    await ada.objects.share(id, [ben.id, cleo.id, ben.id]);
    expect(await ada.waitingFor(ben)).toEqual([]);
  });

  test("late joiners see the current value, and no older key", async () => {
    const { ada, ben, id } = await three(6);
    await ada.objects.update(id, utf8("two"));
    await ada.objects.unshare(id, [ben.id]);
    await ada.flush();
    const dora = ada.world.home();
    await ada.objects.share(id, [dora.id]);
    await dora.round();
    expect(await utf8Text(dora, ada, id)).toBe("two");
    expect(dora.received).toHaveLength(1);
  });

  test("with somebody who was removed before works again", async () => {
    const { ada, ben, id } = await three(7);
    await ada.objects.unshare(id, [ben.id]);
    await ada.flush();
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "revoked" });
    await ada.objects.update(id, utf8("two"));
    await ada.objects.share(id, [ben.id]);
    await ada.flush();
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current", value: utf8("two") });
  });

  test("the end of one's part arriving after the key that brought one back ends nothing", async () => {
    const { ada, ben, id } = await three(8);
    await ada.objects.unshare(id, [ben.id]);
    await ada.objects.share(id, [ben.id]);
    await ada.flush();
    const waiting = await ada.waitingFor(ben);
    expect(waiting.map(({ message }) => message.number)).toEqual([17, 16]);
    // The second first: a gap in the session.
    for (const { message } of [...waiting].reverse()) {
      await ben.mailbox.transact({}, (tx) => ben.objects.layer.receive(tx, ada.id, { ...message, sentAt: tx.now }));
    }
    await ben.objects.poll(ada.id);
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current" });
  });

  test("two objects of one topic are two objects", async () => {
    const { ada, ben, id } = await three(9);
    const second = await ada.objects.create({ topic, value: utf8("other") });
    await ada.objects.share(second.id, [ben.id]);
    await ada.flush();
    await ben.round();
    expect((await ben.objects.subscriptions({ contact: ada.id })).map((one) => one.topic)).toEqual([topic, topic]);
    expect(await utf8Text(ben, ada, second.id)).toBe("other");
    expect(await utf8Text(ben, ada, id)).toBe("one");
  });
});

describe("sessions that lose something", () => {
  test("a key that was lost is sent again", async () => {
    const world = new World(10);
    const [ada, ben] = [world.home(), world.home()] as const;
    const { id } = await ada.objects.create({ topic, value: utf8("one") });
    await ada.objects.share(id, [ben.id]);
    await ada.flush();
    await ada.deliverTo(ben, () => true);
    await ada.flush();
    await ben.round();
    expect(await utf8Text(ben, ada, id)).toBe("one");
  });

  test("a renewed session brings all keys, and the ends of those who were removed", async () => {
    const { ada, ben, cleo, id } = await three(11);
    await ada.objects.unshare(id, [ben.id]);
    await ada.flush();
    await ada.renew(ben);
    await ada.renew(cleo);
    await ada.flush();
    expect((await ada.waitingFor(ben)).map(({ message }) => message.number)).toEqual([17]);
    expect((await ada.waitingFor(cleo)).map(({ message }) => message.number)).toEqual([16]);
    await ben.round();
    await cleo.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "revoked" });
    expect(await cleo.objects.get(ada.id, id)).toMatchObject({ state: "current" });
  });

  test("a key that comes twice changes nothing", async () => {
    const { ada, ben, id } = await three(12);
    const before = await ben.objects.get(ada.id, id);
    await ada.renew(ben);
    await ada.flush();
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toEqual(before);
    expect((await ben.events()).length).toBe(1);
  });
});

describe("deleting", () => {
  test("is told by a record for 30 days, and then nothing of the object is left on either side's bucket or at its owner", async () => {
    const { world, ada, ben, id } = await three(13);
    await ada.objects.remove(id);
    await ada.flush();
    world.clock.advance(2 * minute);
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "deleted", value: utf8("one") });
    expect(await ada.objects.owned()).toMatchObject([{ id, isDeleted: true }]);
    expect(await ada.objects.value(id)).toBeUndefined();
    for (let n = 0; n < 60; n++) {
      world.clock.advance(13 * 60 * minute);
      await ada.flush();
    }
    expect(pathsOf(ada)).toEqual([]);
    expect(await ada.objects.owned()).toEqual([]);
    expect(await ada.store.scan("shared-object/", { limit: 10 })).toEqual([]);
  });

  test("an object that was deleted takes nothing any more", async () => {
    const { ada, ben, id } = await three(14);
    await ada.objects.remove(id);
    const gone = expect.objectContaining({ name: "SharedObjectError", code: "object-deleted", retryable: false });
    await expect(ada.objects.update(id, utf8("x"))).rejects.toThrow(gone);
    await expect(ada.objects.share(id, [ben.id])).rejects.toThrow(gone);
    await expect(ada.objects.unshare(id, [ben.id])).rejects.toThrow(gone);
    await expect(ada.objects.remove(id)).rejects.toThrow(gone);
  });
});

describe("a contact that is removed", () => {
  test("is taken out of every object, is told nothing, and its objects are forgotten", async () => {
    const { ada, ben, cleo, id } = await three(15);
    const bens = await ben.objects.create({ topic: "object/bens", value: utf8("from ben") });
    await ben.objects.share(bens.id, [ada.id]);
    await ben.flush();
    await ada.round();
    expect(await utf8Text(ada, ben, bens.id)).toBe("from ben");
    await ada.mailbox.transact({}, (tx) => ada.objects.layer.removed?.(tx, ben.id));
    expect(await ada.objects.subscriptions()).toEqual([]);
    await ada.objects.update(id, utf8("two"));
    await ada.flush();
    expect(await ada.waitingFor(ben)).toEqual([]);
    expect((await ada.objects.owned())[0]?.subscribers).toEqual([cleo.id]);
    await ben.objects.poll(ada.id, { all: true });
    await cleo.round();
    expect(await utf8Text(ben, ada, id)).toBe("one");
    expect(await utf8Text(cleo, ada, id)).toBe("two");
    expect(await ada.store.scan("shared-object/sub/", { limit: 10 })).toEqual([]);
    expect(await ada.store.scan("shared-object/due/", { limit: 10 })).toEqual([]);
    expect(await ada.store.scan("shared-object/removed/", { limit: 10 })).toEqual([]);
  });

  test("and that an object is shared with again at once keeps its part in that one alone", async () => {
    const { ada, ben, id } = await three(16);
    const second = await ada.objects.create({ topic: "object/second", value: utf8("second") });
    await ada.objects.share(second.id, [ben.id]);
    await ada.mailbox.transact({}, (tx) => ada.objects.layer.removed?.(tx, ben.id));
    await ada.objects.share(second.id, [ben.id]);
    await ada.flush();
    const subscribers = Object.fromEntries((await ada.objects.owned()).map((one) => [one.id, one.subscribers.includes(ben.id)]));
    expect(subscribers).toEqual({ [id]: false, [second.id]: true });
  });
});

describe("errors", () => {
  const failing = (code: string): unknown => expect.objectContaining({ name: "SharedObjectError", code });

  test("are typed, and leave nothing behind", async () => {
    const world = new World(17);
    const ada = world.home();
    const { objects } = ada;
    const value = utf8("x");
    const none = "a".repeat(26) as ObjectId;
    await expect(objects.create({ topic: "", value })).rejects.toThrow(failing("bad-topic"));
    await expect(objects.create({ topic: "é".repeat(33), value })).rejects.toThrow(failing("bad-topic"));
    await expect(objects.create({ topic: "\ud800", value })).rejects.toThrow(failing("bad-topic"));
    for (const interval of [0, -1, 1.5, limits.interval + 1, Number.NaN]) {
      await expect(objects.create({ topic, value, interval })).rejects.toThrow(failing("bad-options"));
    }
    await expect(objects.create({ topic, value, rotateEvery: 366 })).rejects.toThrow(failing("bad-options"));
    await expect(objects.create({ topic, value: new Uint8Array(limits.inlineValue + 1) })).rejects.toThrow(failing("too-large"));
    await expect(objects.update(none, value)).rejects.toThrow(failing("unknown-object"));
    await expect(objects.update("no id" as ObjectId, value)).rejects.toThrow(failing("unknown-object"));
    await expect(objects.share(none, [])).rejects.toThrow(failing("unknown-object"));
    await expect(objects.unshare(none, [])).rejects.toThrow(failing("unknown-object"));
    await expect(objects.remove(none)).rejects.toThrow(failing("unknown-object"));
    expect(await objects.value(none)).toBeUndefined();
    expect(await objects.get(ada.id, none)).toBeUndefined();
    const { id } = await objects.create({ topic, value });
    await expect(objects.share(id, ["nobody" as CwebId])).rejects.toThrow(failing("unknown-contact"));
    await expect(objects.update(id, value, { ifVersion: 1 })).rejects.toThrow(failing("conflict"));
    expect((await objects.owned()).map(({ subscribers }) => subscribers)).toEqual([[]]);
  });

  test("an object has at most 1,000 subscribers", async () => {
    const world = new World(18);
    const ada = world.home();
    const { id } = await ada.objects.create({ topic, value: utf8("x") });
    const many = Array.from({ length: limits.subscribers + 1 }, (_, n) =>
      encodeId(
        new Uint8Array(32)
          .fill(200)
          .with(0, n % 256)
          .with(1, n >> 8),
      ),
    );
    await expect(ada.objects.share(id, many)).rejects.toThrow(failing("too-many-subscribers"));
    expect((await ada.objects.owned())[0]?.subscribers).toEqual([]);
  });

  test("a value of no bytes, and one of 60 KiB, arrive as they are", async () => {
    const world = new World(19);
    const [ada, ben] = [world.home(), world.home()] as const;
    for (const value of [new Uint8Array(), new Uint8Array(limits.inlineValue).fill(7)]) {
      const { id } = await ada.objects.create({ topic, value });
      await ada.objects.share(id, [ben.id]);
      await ada.flush();
      await ben.round();
      expect((await ben.objects.get(ada.id, id))?.value).toEqual(value);
    }
  });

  test("an aborted call throws the signal's reason and changes nothing", async () => {
    const world = new World(20);
    const ada = world.home();
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(ada.objects.create({ topic, value: utf8("x") }, { signal })).rejects.toThrow("enough");
    await expect(ada.objects.maintain({ signal })).rejects.toThrow("enough");
    await expect(ada.objects.poll(ada.id, { signal })).rejects.toThrow("enough");
    expect(await ada.objects.owned()).toEqual([]);
  });
});

test("a contact for whom too many messages wait holds up nobody else, and is told later", async () => {
  const { ada, ben, cleo, id } = await three(21);
  ada.away.add(ben.id);
  await ada.objects.unshare(id, [cleo.id]);
  await ada.objects.update(id, utf8("two"));
  await ada.flush();
  expect(await ada.waitingFor(ben)).toEqual([]);
  expect((await ada.waitingFor(cleo)).map(({ message }) => message.number)).toEqual([17]);
  ada.away.clear();
  await ada.flush();
  await ben.round();
  expect(await utf8Text(ben, ada, id)).toBe("two");
});

test("two processes of one home change one object side by side", async () => {
  const { world, ada, ben, id } = await three(22);
  const other = ada.anotherProcess();
  await Promise.all([ada.objects.update(id, utf8("from one")), other.update(id, utf8("from the other"))]);
  await Promise.all([ada.objects.unshare(id, [ada.world.homes[2]?.id as CwebId]), other.maintain()]);
  await ada.flush();
  world.clock.advance(2 * minute);
  await ben.round();
  await ben.round();
  const seen = await utf8Text(ben, ada, id);
  expect(["from one", "from the other"]).toContain(seen);
  expect(text(await ada.objects.value(id))).toBe(seen);
  expect((await ben.events()).filter(({ type }) => type === "object-alarm")).toEqual([]);
});
