import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Place } from "../place.ts";
import { hour, World } from "../world.ts";

/** A word without a session, answered within one. */
export async function oneOff(place: Place): Promise<void> {
  const world = new World(place, 4);
  const [ada, ben] = await world.friends("ada", "ben");
  const texts = ["Are you Ben of the harbour?", `Then bring ${"rope ".repeat(500)}`];
  for (const text of texts) {
    ada.noteSent(ben, text);
    expect(await ada.peer.broadcast("ben", text)).toMatchObject({ kind: "broadcast", to: "ben" });
  }
  expect((await ada.peer.status()).contacts[0]?.session).toBe("none");
  await world.untilRead(ben, ada);
  expect(ben.lines.map(({ kind }) => kind)).toEqual(["broadcast", "broadcast"]);

  await ben.send(ada, "I am. How much?");
  await world.untilRead(ada, ben);
  await ada.send(ben, "Twenty metres.");
  world.wait(hour);
  await world.untilRead(ben, ada);
  expect(ben.lines.at(-1)?.kind).toBe("session");
  // The one-offs are listed for 28 days, and shown once.
  world.wait(30 * 24 * hour);
  await expectInvariants(world);
}
