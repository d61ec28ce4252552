import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Place } from "../place.ts";
import { hour, World } from "../world.ts";

/** Both write their first message before either has read the other's: one session stands, nothing is lost. */
export async function collision(place: Place): Promise<void> {
  const world = new World(place, 3);
  const [ada, ben] = await world.friends("ada", "ben");
  await ada.send(ben, "I write first.");
  await ben.send(ada, "No, I do.");
  await ada.send(ben, "So?");
  await ben.send(ada, "Well.");
  await world.until(() => ada.readFrom(ben).length === 2 && ben.readFrom(ada).length === 2);
  await ada.send(ben, "Agreed.");
  await ben.send(ada, "Good.");
  world.wait(2 * hour);
  await world.until(() => ada.readFrom(ben).length === 3 && ben.readFrom(ada).length === 3);
  await expectInvariants(world);
  for (const { peer } of [ada, ben]) expect((await peer.status()).contacts[0]?.session).toBe("established");
}
