import type { Path } from "@cweb/storage-remote";
import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Person } from "../person.ts";
import type { Place } from "../place.ts";
import { day, hour, minute, World } from "../world.ts";

/** A store withholds, rolls back and corrupts: each lie has a name, and heals when its owner looks after the bucket. */
export async function lyingStore(place: Place): Promise<void> {
  const world = new World(place, 10);
  const [ada, ben] = await world.friends("ada", "ben");
  await ada.send(ben, "one");
  await world.untilRead(ben, ada);
  await ben.send(ada, "two");
  await world.untilRead(ada, ben);
  await ada.send(ben, "three");
  await world.untilRead(ben, ada);
  await world.settle();

  await withhold(world, ada, ben);
  await corrupt(world, ada, ben);
  await withholdBehindAcknowledgement(world, ada, ben);
  await rollBack(world, ada, ben);
  await ada.send(ben, "And that was all.");
  await world.untilRead(ben, ada);
  await expectInvariants(world, { inOrder: false });
  expect((await ben.peer.status()).contacts[0]?.alarms).toEqual([]);
}

/** Sends a text; answers where its object stands. */
async function upload(sender: Person, reader: Person, text: string): Promise<Path> {
  const before = await sender.bucket.provider.paths();
  await sender.send(reader, text);
  while ((await sender.peer.flush()).pending) sender.world.wait(1);
  const [path] = (await sender.furtherPaths()).filter((one) => !before.has(one));
  if (!path) throw new Error("Nothing was uploaded.");
  return path;
}

/** One object is lost: the next ones are found, the gap is told, asked for, and filled from the sender's home. */
async function withhold(world: World, ada: Person, ben: Person): Promise<void> {
  const lost = await upload(ada, ben, "four, which the store loses");
  await ada.bucket.provider.remove(lost);
  await upload(ada, ben, "five");
  await ben.round();
  expect(ben.readFrom(ada)).not.toContain("five");
  await ben.round({ full: true });
  expect(ben.readFrom(ada)).toContain("five");
  expect(ben.told("gap")).toBe(1);
  await ben.send(ada, "something is missing");
  world.wait(5 * minute);
  await world.untilRead(ada, ben, [ada]);
  await world.untilRead(ben, ada);
  expect(ben.told("recovered")).toBe(1);
}

/** What is lost stands behind a pure acknowledgement, which nobody acknowledges while Ben waits for just that. */
async function withholdBehindAcknowledgement(world: World, ada: Person, ben: Person): Promise<void> {
  for (let n = 0; n < 17; n++) await ben.send(ada, `n ${n}`);
  await world.untilRead(ada, ben, [ada]);
  for (let n = 0; n < 2; n++) await ben.round();
  expect(await ada.furtherPaths()).not.toEqual([]);
  await ada.bucket.provider.remove(await upload(ada, ben, "seven, lost behind an acknowledgement"));
  for (let n = 0; n < 3; n++) {
    world.wait(25 * hour);
    for (const person of [ada, ben, ada, ben]) await person.round();
  }
  expect(ben.readFrom(ada)).toContain("seven, lost behind an acknowledgement");
}

/** One object is altered: it is reported with the store's name, and its sender finds that out within days. */
async function corrupt(world: World, ada: Person, ben: Person): Promise<void> {
  const path = await upload(ada, ben, "six, of which a bit is turned");
  const bytes = (await ada.bucket.provider.objects()).get(path);
  if (!bytes) throw new Error("The object is not there.");
  const altered = bytes.slice();
  altered[2_000] = (altered[2_000] ?? 0) ^ 1;
  await ada.bucket.provider.put(path, altered);
  for (let n = 0; n < 3; n++) await ben.round();
  expect(ben.readFrom(ada)).not.toContain("six, of which a bit is turned");
  expect(ben.told("undecryptable")).toBe(1);
  expect(ben.told("alarm", "object-invalid")).toBe(1);
  const [alarm] = (await ben.peer.status()).contacts[0]?.alarms ?? [];
  expect(alarm).toMatchObject({ code: "object-invalid", store: world.place.describeStore(ada.bucket.profile) });
  // The oldest unacknowledged object is looked at once a day: first "four", which Ben has and acknowledges within a day, then this one.
  for (let n = 0; n < 3; n++) {
    world.wait(25 * hour);
    for (const person of [ada, ben, ada, ben]) await person.round();
  }
  await world.untilRead(ben, ada, [ada, ben]);
}

/** An old descriptor is served again: stale at first, then a rollback; cured by the owner's next look. */
async function rollBack(world: World, ada: Person, ben: Person): Promise<void> {
  const old = await ada.bucket.provider.objects();
  world.wait(8 * day);
  for (let n = 0; n < 8; n++) {
    for (const person of [ada, ben]) await person.round();
    world.wait(minute);
  }
  const now = await ada.bucket.provider.objects();
  const descriptor = [...ada.constant].find((path) => isDescriptor(old.get(path)) && !sameBytes(old.get(path), now.get(path)));
  if (!descriptor) throw new Error("Ada has not published a new descriptor.");
  await ada.bucket.provider.put(descriptor, old.get(descriptor) ?? new Uint8Array());
  world.wait(day + hour);
  // Without Ada: her home would put it right at once.
  const rounds = async (): Promise<void> => {
    for (let n = 0; n < 12; n++) {
      await ben.round();
      world.wait(6 * minute);
    }
  };
  await rounds();
  expect(ben.told("alarm", "descriptor-stale")).toBe(1);
  expect(ben.told("alarm", "descriptor-rollback")).toBe(1);
  await ada.round();
  await rounds();
  expect((await ben.peer.status()).contacts[0]?.alarms).toEqual([]);
}

/** Beacon and slots have sizes of their own. */
const isDescriptor = (bytes: Uint8Array | undefined): boolean => bytes !== undefined && bytes.length % 4_096 !== 0;

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((byte, index) => byte === b[index]);
