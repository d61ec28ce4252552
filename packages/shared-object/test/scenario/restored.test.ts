import { utf8 } from "@cweb/crypto";
import { describe, expect, test } from "vitest";
import { day, minute, text, World } from "../support/world.ts";

describe("an owner's home that is restored from a backup", () => {
  test("notices before it stores anything, begins a new epoch, and its value counts", async () => {
    const world = new World(1);
    const [ada, ben] = [world.home(), world.home()] as const;
    const { id } = await ada.objects.create({ topic: "object/test", value: utf8("one") });
    await ada.objects.share(id, [ben.id]);
    await ada.flush();
    const backup = ada.snapshot();
    for (const value of ["two", "three"]) {
      await ada.objects.update(id, utf8(value));
      await ada.flush();
      world.clock.advance(2 * minute);
      await ben.round();
    }
    await ben.events();
    ada.restore(backup);
    const before = ada.stored.length;
    await ada.objects.update(id, utf8("again"));
    await ada.flush();
    await ada.flush();
    // The first flush has found the lost state's record where its own was to go; the next has begun anew.
    const paths = ada.stored
      .slice(before)
      .map(({ path }) => path)
      .filter((path) => path !== "beacon");
    expect(new Set(paths).size).toBe(2);
    const restored = (await ada.mailbox.takeInbox({ limit: 9 })).map(({ kind }) => kind);
    expect(restored).toContain("own-state-restored");
    await ben.round();
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current", value: utf8("again") });
    expect((await ben.events()).filter(({ type }) => type === "object-alarm")).toEqual([]);
  });

  test("that writes nothing finds out within a day, and says again what it said then", async () => {
    const world = new World(2);
    const [ada, ben] = [world.home(), world.home()] as const;
    const { id } = await ada.objects.create({ topic: "object/test", value: utf8("one") });
    await ada.objects.share(id, [ben.id]);
    await ada.flush();
    const backup = ada.snapshot();
    await ada.objects.update(id, utf8("two"));
    await ada.flush();
    await ben.round();
    expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("two");
    ada.restore(backup);
    for (let n = 0; n < 3; n++) {
      world.clock.advance(day);
      await ada.flush();
      await ben.round({ all: true });
    }
    await ben.round({ all: true });
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current", value: utf8("one") });
  });

  test("from before a removal shares with whom it shared then: what the lost state decided it cannot know, and says so", async () => {
    const world = new World(3);
    const [ada, ben] = [world.home(), world.home()] as const;
    const { id } = await ada.objects.create({ topic: "object/test", value: utf8("one") });
    await ada.objects.share(id, [ben.id]);
    await ada.flush();
    await ben.round();
    const backup = ada.snapshot();
    await ada.objects.unshare(id, [ben.id]);
    await ada.flush();
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "revoked" });
    ada.restore(backup);
    await ada.objects.update(id, utf8("two"));
    for (let n = 0; n < 2; n++) await ada.flush();
    expect((await ada.mailbox.takeInbox({ limit: 9 })).map(({ kind }) => kind)).toContain("own-state-restored");
    expect((await ada.objects.owned())[0]?.subscribers).toEqual([ben.id]);
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current", value: utf8("two") });
  });
});

test("a restored home whose process dies between a removal and its upload still finds what the lost state stored under the old name", async () => {
  const world = new World(5);
  const [ada, ben] = [world.home(), world.home()] as const;
  const { id } = await ada.objects.create({ topic: "object/test", value: utf8("one") });
  await ada.objects.share(id, [ben.id]);
  await ada.flush();
  await ben.round();
  const backup = ada.snapshot();
  await ada.objects.update(id, utf8("two"));
  await ada.flush();
  ada.restore(backup);
  await ada.objects.unshare(id, [ben.id]);
  ada.start();
  const [before] = ada.stored.slice(-1);
  const stored = ada.stored.length;
  await ada.flush();
  expect(ada.stored.slice(stored).map(({ path }) => path)).not.toContain(before?.path);
  expect((await ada.mailbox.takeInbox({ limit: 9 })).map(({ kind }) => kind)).toContain("own-state-restored");
});

test("a reader's home that is restored reads on, and is sent the keys that it has lost", async () => {
  const world = new World(4);
  const [ada, ben] = [world.home(), world.home()] as const;
  const backup = ben.snapshot();
  const { id } = await ada.objects.create({ topic: "object/test", value: utf8("one") });
  await ada.objects.share(id, [ben.id]);
  await ada.flush();
  await ben.round();
  const later = ben.snapshot();
  await ada.objects.update(id, utf8("two"));
  await ada.flush();
  world.clock.advance(2 * minute);
  await ben.round();
  ben.restore(later);
  world.clock.advance(2 * minute);
  await ben.round();
  expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("two");
  ben.restore(backup);
  // Its sessions begin anew, which is how its contacts hear of it.
  await ada.renew(ben);
  await ada.flush();
  await ben.round();
  expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("two");
});
