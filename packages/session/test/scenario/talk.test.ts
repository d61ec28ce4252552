import { describe, expect, test } from "vitest";
import { day, type TestPeer, World } from "../support/world.ts";

async function two(): Promise<{ world: World; ada: TestPeer; ben: TestPeer }> {
  const world = new World(1);
  const ada = await world.peer();
  const ben = await world.peer();
  await ada.flush();
  await ben.flush();
  await ada.meet(ben);
  await ben.meet(ada);
  return { world, ada, ben };
}

describe("two peers", () => {
  test("talk in both directions while the other is away", async () => {
    const { world, ada, ben } = await two();
    await ada.say(ben, "hello");
    await ada.say(ben, "are you there?");
    world.clock.advance(day / 2);
    await ben.poll(ada);
    await ben.poll(ada);
    expect(await ben.texts()).toEqual(["hello", "are you there?"]);
    await ben.say(ada, "yes");
    await ben.say(ada, "now");
    world.clock.advance(day / 2);
    await ada.poll(ben);
    await ada.poll(ben);
    const events = await ada.events();
    expect(events.filter(({ type }) => type === "message").length).toBe(2);
    expect(events.filter(({ type }) => type === "delivered").length).toBe(2);
    for (let i = 0; i < 5; i++) {
      await ada.say(ben, `a${i}`);
      await ben.poll(ada);
      await ben.poll(ada);
      expect(await ben.texts()).toEqual([`a${i}`]);
      await ben.say(ada, `b${i}`);
      await ada.poll(ben);
      await ada.poll(ben);
      expect(await ada.texts()).toEqual([`b${i}`]);
    }
  });
});
