import { utf8 } from "@cweb/crypto";
import { expect, test } from "vitest";
import { minute, text, World } from "../support/world.ts";

test("an object is created, shared, updated, shared with one more, taken from one, and deleted", async () => {
  const world = new World(1);
  const [ada, ben, cleo] = [world.home(), world.home(), world.home()] as const;
  const { id } = await ada.objects.create({ topic: "object/notes", value: utf8("one") });
  await ada.objects.share(id, [ben.id]);
  await ada.flush();
  await ben.round();
  expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("one");
  await ada.objects.update(id, utf8("two"));
  await ada.flush();
  world.clock.advance(2 * minute);
  await ben.round();
  expect((await ben.events()).map(({ state, topic }) => [state, topic])).toEqual([
    ["current", "object/notes"],
    ["current", "object/notes"],
  ]);
  expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("two");
  await ada.objects.share(id, [cleo.id]);
  await ada.flush();
  await cleo.round();
  expect(text((await cleo.objects.get(ada.id, id))?.value)).toBe("two");
  await ada.objects.unshare(id, [ben.id]);
  await ada.objects.update(id, utf8("three"));
  await ada.flush();
  await ben.round();
  await cleo.round();
  expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "revoked", value: utf8("two") });
  expect(await cleo.objects.get(ada.id, id)).toMatchObject({ state: "current", value: utf8("three") });
  await ada.objects.remove(id);
  await ada.flush();
  world.clock.advance(2 * minute);
  await cleo.round();
  expect(await cleo.objects.get(ada.id, id)).toMatchObject({ state: "deleted", value: utf8("three") });
});
