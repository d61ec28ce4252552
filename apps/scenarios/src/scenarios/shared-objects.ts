import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Person } from "../person.ts";
import type { Place } from "../place.ts";
import { day, minute, World } from "../world.ts";

const text = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value);

/** Each value that somebody was shown of Ada's object. */
const shown = ({ events }: Person): readonly (string | undefined)[] =>
  events.flatMap((event) => (event.type === "object" && event.owner === "ada" ? [text(event.value)] : []));

const stateOf = async ({ peer }: Person): Promise<string> => (await peer.objects.get("ada", "plan")).state;

/** An object is shared, changed, shared with one who comes late, taken from one, and deleted. */
export async function sharedObjects(place: Place): Promise<void> {
  const world = new World(place, 22);
  const [ada, ben] = await world.friends("ada", "ben");
  const cleo = await world.person("cleo");
  await cleo.knows(ada);
  await ada.knows(cleo);

  await ada.peer.objects.create("plan", "one");
  await ada.peer.objects.share("plan", ["ben"]);
  await world.until(() => shown(ben).at(-1) === "one");
  await ada.peer.objects.set("plan", "two");
  await world.until(() => shown(ben).at(-1) === "two");
  await ada.peer.objects.share("plan", ["cleo"]);
  await world.until(() => shown(cleo).at(-1) === "two");
  expect(shown(cleo)).not.toContain("one");

  await ada.peer.objects.unshare("plan", ["ben"]);
  await ada.peer.objects.set("plan", "three");
  await world.until(async () => shown(cleo).at(-1) === "three" && (await stateOf(ben)) === "revoked");
  for (let n = 0; n < 5; n++) {
    world.wait(minute);
    await ben.round({ full: true });
  }
  expect(shown(ben)).not.toContain("three");

  await ada.peer.objects.remove("plan");
  await world.until(async () => (await stateOf(cleo)) === "deleted");
  // What says "deleted" or "moved" stands for 30 days.
  for (let days = 0; days < 35; days += 5) {
    world.wait(5 * day);
    for (const person of world.people) await person.round();
  }
  for (const { name, events } of world.people)
    expect(
      events.filter(({ type }) => type === "alarm"),
      `alarms of ${name}`,
    ).toEqual([]);
  await expectInvariants(world);
}
