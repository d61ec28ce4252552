import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Place } from "../place.ts";
import { day, minute, World } from "../world.ts";

/** A contact is removed, with all that was made for it, and added again. */
export async function removedContact(place: Place): Promise<void> {
  const world = new World(place, 8);
  const [ada, ben] = await world.friends("ada", "ben");
  await ada.send(ben, "one");
  await world.untilRead(ben, ada);
  await ben.send(ada, "two");
  await world.untilRead(ada, ben);
  await ada.send(ben, "three");
  await world.untilRead(ben, ada);
  await world.settle();

  await ada.peer.removeContact("ben");
  expect(await ada.peer.contacts()).toEqual([]);
  await expect(ada.peer.send("ben", "gone")).rejects.toMatchObject({ code: "unknown-contact" });
  for (let n = 0; n < 3; n++) {
    world.wait(35 * minute);
    await ada.round();
  }
  expect(await ada.furtherPaths()).toEqual([]);

  // Ben writes on, not knowing: it arrives once Ada has added him again.
  await ben.send(ada, "four: are you angry?");
  world.wait(3 * day);
  await ben.round();
  await ada.knows(ben);
  await ada.send(ben, "five: no, I cleaned up");
  for (let n = 0; n < 3; n++) {
    for (let again = 0; again < 3; again++) for (const person of [ben, ada]) await person.round();
    world.wait(day);
  }
  await world.until(() => ada.readFrom(ben).length === 2 && ben.readFrom(ada).length === 3);
  await expectInvariants(world);
}
