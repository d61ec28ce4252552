// R2 takes one write a second for an object: descriptor, beacon and slots are rewritten more often than that when much happens at once.
import { systemClock } from "@cweb/crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectCountsAgree } from "../src/invariants.ts";
import type { Place } from "../src/place.ts";
import { serverPlace } from "../src/server-place.ts";
import { World } from "../src/world.ts";

let place: Place;
beforeAll(async () => {
  place = await serverPlace({ name: "R2", profile: "reader=get+list,missing=404,writeRate=1" });
});
afterAll(() => place.close());

test("a store that takes one write a second for an object slows first messages down and loses none", async () => {
  const world = new World(place, 401);
  const [ada, ben] = await world.friends("ada", "ben");
  const cleo = await world.person("cleo");
  await ada.knows(cleo);
  await cleo.knows(ada);
  const uploaded = async (): Promise<void> => {
    while ((await ada.peer.flush()).pending) await systemClock.sleep(200);
  };
  await ada.send(ben, "hello Ben");
  // All slots were rewritten a moment ago.
  expect(await ada.send(cleo, "hello Cleo")).toMatchObject({ state: "queued", failure: { code: "rate-limited", retryable: true } });
  await uploaded();
  for (const other of [ben, cleo]) {
    await world.untilRead(other, ada);
    await other.send(ada, "hello Ada");
    await world.untilRead(ada, other);
    await uploaded();
  }
  expect([ben.readFrom(ada), cleo.readFrom(ada)]).toEqual([["hello Ben"], ["hello Cleo"]]);
  expect([ada.readFrom(ben), ada.readFrom(cleo)]).toEqual([["hello Ada"], ["hello Ada"]]);
  await expectCountsAgree(world);
}, 60_000);
