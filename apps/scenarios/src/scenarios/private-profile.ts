import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Person } from "../person.ts";
import type { Place } from "../place.ts";
import { day, World } from "../world.ts";

const name = "Ada of the Harbour";

const statusIn = async ({ peer }: Person): Promise<unknown> => (await peer.profile.of("ada"))?.properties.status;

/** Two contacts of one person: one sees her profile, the other does not, nor does the provider. */
export async function privateProfile(place: Place): Promise<void> {
  const world = new World(place, 23);
  const [ada, ben] = await world.friends("ada", "ben");
  const cleo = await world.person("cleo");
  await cleo.knows(ada);
  await ada.knows(cleo);
  await cleo.send(ada, "Who are you?");
  await world.untilRead(ada, cleo);
  await ada.send(cleo, "Nobody yet.");
  await world.untilRead(cleo, ada);

  await ada.peer.profile.set({ name, status: "At the pier" });
  await ada.peer.profile.share(["ben"]);
  await world.until(async () => (await statusIn(ben)) === "At the pier");
  expect((await ben.peer.profile.of("ada"))?.properties.name).toBe(name);
  await cleo.round({ full: true });
  expect(await cleo.peer.profile.of("ada")).toBeUndefined();
  for (const [path, bytes] of await ada.bucket.provider.objects())
    expect(
      [name, "At the pier"].filter((word) => Buffer.from(bytes).includes(word)),
      path,
    ).toEqual([]);

  await ada.peer.profile.set({ status: "At sea" });
  await world.until(async () => (await statusIn(ben)) === "At sea");
  await ada.peer.profile.unshare(["ben"]);
  await ada.peer.profile.set({ status: "Far away" });
  await world.until(async () => (await ben.peer.profile.of("ada"))?.state !== "current");
  expect(await statusIn(ben)).not.toBe("Far away");
  expect(await cleo.peer.profile.of("ada")).toBeUndefined();

  await ada.peer.profile.remove();
  for (let days = 0; days < 35; days += 5) {
    world.wait(5 * day);
    for (const person of world.people) await person.round();
  }
  await expectInvariants(world);
}
