import { utf8 } from "@cweb/crypto";
import { describe, expect, test } from "vitest";
import { encodeObjectId, type ObjectId } from "../../src/index.ts";
import { text, World } from "../support/world.ts";

const topic = "profile";

describe("assign", () => {
  test("in one step contacts read one object of a topic and no other", async () => {
    const world = new World(20);
    const [ada, ben, cleo] = [world.home(), world.home(), world.home()] as const;
    const create = async (value: string, of: string): Promise<ObjectId> => (await ada.objects.create({ topic: of, value: utf8(value) })).id;
    const [friends, work, other] = [await create("friends", topic), await create("work", topic), await create("other", "object/x")];
    await ada.objects.share(other, [ben.id]);
    await ada.objects.assign([ben.id, cleo.id], { topic, to: friends });
    await ada.objects.assign([ben.id], { topic, to: work });
    const readers = async (): Promise<unknown> =>
      Object.fromEntries((await ada.objects.owned()).map(({ id, subscribers }) => [id, subscribers]));
    expect(await readers()).toEqual({ [friends]: [cleo.id], [work]: [ben.id], [other]: [ben.id] });
    await ada.flush();
    await ben.round();
    expect(text((await ben.objects.get(ada.id, work))?.value)).toBe("work");
    expect(await ben.objects.get(ada.id, friends)).toBeUndefined();
    await ada.objects.assign([ben.id, cleo.id], { topic });
    expect(await readers()).toEqual({ [friends]: [], [work]: [], [other]: [ben.id] });
  });

  test("what cannot be assigned changes nothing", async () => {
    const world = new World(21);
    const [ada, ben] = [world.home(), world.home()] as const;
    const { id: friends } = await ada.objects.create({ topic, value: utf8("friends") });
    const { id: other } = await ada.objects.create({ topic: "object/x", value: utf8("other") });
    await ada.objects.share(friends, [ben.id]);
    const refused = (code: string): unknown => expect.objectContaining({ code });
    await expect(ada.objects.assign([ben.id], { topic, to: other })).rejects.toEqual(refused("unknown-object"));
    await expect(ada.objects.assign([ben.id], { topic, to: "nothing" as ObjectId })).rejects.toEqual(refused("unknown-object"));
    await expect(ada.objects.assign(["nobody" as typeof ben.id], { topic, to: friends })).rejects.toEqual(refused("unknown-contact"));
    expect((await ada.objects.owned()).find(({ id }) => id === friends)?.subscribers).toEqual([ben.id]);
  });
});

test("an update can be made to depend on what was read", async () => {
  const ada = new World(22).home();
  const { id, version } = await ada.objects.create({ topic, value: utf8("one") });
  const { version: next } = await ada.objects.update(id, utf8("two"), { ifVersion: version });
  await expect(ada.objects.update(id, utf8("three"), { ifVersion: version })).rejects.toEqual(
    expect.objectContaining({ code: "conflict", retryable: true }),
  );
  expect(text(await ada.objects.value(id))).toBe("two");
  await ada.objects.update(id, utf8("three"), { ifVersion: next });
  expect(text(await ada.objects.value(id))).toBe("three");
});

test("a creation under an id of the caller's can be repeated", async () => {
  const ada = new World(23).home();
  const id = encodeObjectId(new Uint8Array(16).fill(9));
  const { version } = await ada.objects.create({ id, topic, value: utf8("one") });
  expect(await ada.objects.create({ id, topic, value: utf8("two") })).toEqual({ id, version });
  expect(text(await ada.objects.value(id))).toBe("one");
  const both = await Promise.all(
    ["three", "four"].map((value) => ada.objects.create({ id: encodeObjectId(new Uint8Array(16).fill(8)), topic, value: utf8(value) })),
  );
  expect(both[0]).toEqual(both[1]);
  await ada.objects.remove(id);
  const refused = (code: string): unknown => expect.objectContaining({ code });
  await expect(ada.objects.create({ id, topic, value: utf8("five") })).rejects.toEqual(refused("object-deleted"));
  await expect(ada.objects.create({ id: "?" as ObjectId, topic, value: utf8("six") })).rejects.toEqual(refused("bad-options"));
});
