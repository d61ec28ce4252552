import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Place } from "../place.ts";
import { minute, World } from "../world.ts";

const count = 100;

/** A hundred messages one way: acknowledged by a handful of objects, then deleted. */
export async function longBurst(place: Place): Promise<void> {
  const world = new World(place, 2);
  const [ada, ben] = await world.friends("ada", "ben");
  await ada.send(ben, "one");
  await world.untilRead(ben, ada);
  await ben.send(ada, "two");
  await world.untilRead(ada, ben);

  for (let n = 1; n <= count; n++) await ada.send(ben, `page ${n}`);
  await ada.round();
  const standing = (await ada.furtherPaths()).length;
  expect(standing).toBeGreaterThanOrEqual(count);

  const before = (await place.requests()).length;
  await world.untilRead(ben, ada);
  await ben.round();
  const puts = (await place.requests()).slice(before).filter(({ op, bucket }) => op === "put" && bucket === ben.bucket.name);
  // One pure acknowledgement for 16 messages at most; an unsteady store may see a request twice.
  expect(puts.length).toBeLessThanOrEqual(place.isUnsteady ? count : Math.ceil(count / 16));

  await world.until(async () => (await ada.peer.status()).outbox.unacknowledged < 16, [ada, ben]);
  world.wait(30 * minute);
  await ada.round();
  world.wait(30 * minute);
  await ada.round();
  const left = (await ada.furtherPaths()).length;
  expect(left).toBeLessThan(32);
  // Pure acknowledgements are acknowledged in passing: by Ada's next words.
  await ada.send(ben, "That was all.");
  await world.untilRead(ben, ada);
  await expectInvariants(world);
  expect(ada.told("delivered")).toBe(count + 2);
}
