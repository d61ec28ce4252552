import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Place } from "../place.ts";
import { day, hour, World } from "../world.ts";

/** Two people who are never there at the same time get to know each other and talk. */
export async function firstContact(place: Place): Promise<void> {
  const world = new World(place, 1);
  const [ada, ben] = await world.friends("ada", "ben");
  expect(await ada.peer.safetyNumber("ben")).toBe(await ben.peer.safetyNumber("ada"));

  // Ben is away.
  const first = await ada.send(ben, "Hello Ben, this is Ada.");
  await ada.send(ben, "I found your card on the door.");
  await ada.send(ben, "Write when you are back!");
  expect(first.to).toBe("ben");
  world.wait(3 * hour);
  await ada.round();
  expect((await ada.peer.status()).contacts[0]).toMatchObject({ session: "initiated", unacknowledged: 3 });

  // Ada is away.
  world.wait(2 * day);
  await world.untilRead(ben, ada);
  await ben.send(ada, "Back again. Nice to meet you.");
  await ben.send(ada, "🌊 ".repeat(40));
  world.wait(day);
  await ben.round();

  // Ben is away.
  await world.untilRead(ada, ben);
  expect(ada.told("delivered")).toBe(3);
  expect(ada.told("session-started")).toBe(1);
  await ada.send(ben, "Talk soon.");
  world.wait(5 * hour);
  await world.untilRead(ben, ada);
  await expectInvariants(world);
  expect((await ada.peer.status()).contacts[0]).toMatchObject({ session: "established", alarms: [], missing: [] });
}
