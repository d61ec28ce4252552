import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Place } from "../place.ts";
import { day, World } from "../world.ts";

const weeks = 10;

/** One of three is away for ten weeks. The others go on, their prekeys are replaced every week, and all that was written arrives. */
export async function weeksAway(place: Place): Promise<void> {
  const world = new World(place, 11);
  const [ada, ben] = await world.friends("ada", "ben");
  const cleo = await world.person("cleo");
  await cleo.knows(ben);
  await ben.knows(cleo);
  await ada.send(ben, "Have a good voyage!");
  await world.untilRead(ben, ada);
  await ben.send(ada, "Thank you.");
  await world.untilRead(ada, ben);

  const before = (await place.requests()).length;
  for (let week = 1; week <= weeks; week++) {
    await ada.send(ben, `week ${week}`);
    // A first message to somebody whose prekeys are long gone.
    if (week === 6) await cleo.send(ben, "We have not met.");
    for (let again = 0; again < 2; again++) {
      world.wait(3.5 * day);
      for (const person of [ada, cleo]) await person.round();
    }
  }
  const published = (await place.requests()).slice(before).filter(({ op, bucket }) => op === "put" && bucket === ada.bucket.name);
  const often = [...ada.constant].map((path) => published.filter((request) => request.path === path).length);
  expect(Math.max(...often), "PUTs of descriptor or beacon").toBeGreaterThanOrEqual(weeks - 1);

  await ben.round();
  await ben.send(ada, "What did I miss?");
  for (let n = 0; n < 4; n++) {
    for (const person of [ben, ada, cleo]) await person.round();
    world.wait(day);
  }
  await world.until(() => ben.readFrom(ada).length === weeks + 1 && ben.readFrom(cleo).length === 1 && ada.readFrom(ben).length === 2);
  await ben.send(cleo, "Now we have.");
  await world.untilRead(cleo, ben, [cleo, ben]);
  await expectInvariants(world);
}
