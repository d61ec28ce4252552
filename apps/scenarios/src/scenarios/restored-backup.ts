import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Person } from "../person.ts";
import type { Place } from "../place.ts";
import { day, hour, World } from "../world.ts";

/** An old backup of each home is put back: it is noticed, sessions begin anew by themselves, no key or name is used twice. */
export async function restoredBackup(place: Place): Promise<void> {
  const world = new World(place, 7);
  const [ada, ben] = await world.friends("ada", "ben");
  await ada.send(ben, "one");
  await world.untilRead(ben, ada);
  await ben.send(ada, "two");
  await world.untilRead(ada, ben);

  await relapse(world, ada, ben);
  await relapse(world, ben, ada);
  await expectInvariants(world);
  expect([ada.told("own-state-restored"), ben.told("own-state-restored")]).toEqual([1, 1]);
}

/** `who` is set back to a backup after more was said, while `other` goes on writing. */
async function relapse(world: World, who: Person, other: Person): Promise<void> {
  // What a backup holds as unacknowledged is sent again, and its reader may have forgotten by then that it was read.
  await world.settle();
  const backup = who.backup();
  await who.send(other, `${who.name}: after the backup`);
  await world.untilRead(other, who);
  await other.send(who, `${other.name}: I read it`);
  await world.untilRead(who, other);
  await who.send(other, `${who.name}: and I that`);
  await world.untilRead(other, who);
  await world.settle();

  await who.restore(backup);
  await other.send(who, `${other.name}: are you there?`);
  await who.send(other, `${who.name}: my disk broke`);
  world.wait(2 * hour);
  await who.round();
  await world.until(() => who.told("own-state-restored") > 0, [who]);
  // The other side asks for the descriptor once a day, and for the slot each hour.
  for (let n = 0; n < 3; n++) {
    world.wait(day);
    for (let again = 0; again < 3; again++) for (const person of [other, who]) await person.round();
  }
  await world.until(() => allRead(who, other) && allRead(other, who));
  await who.send(other, `${who.name}: all is well again`);
  await other.send(who, `${other.name}: I am glad`);
  await world.until(() => allRead(who, other) && allRead(other, who));
}

const allRead = (reader: Person, writer: Person): boolean => reader.readFrom(writer).length >= (writer.sent.get(reader.name)?.length ?? 0);
