import { crashAt, SimulatedCrash } from "@cweb/storage-local/testing";
import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Person } from "../person.ts";
import type { Place } from "../place.ts";
import { minute, World } from "../world.ts";

/** Does a step in processes that die at their first, second, third … call of a port, until one lives long enough. Answers how many died. */
async function inShortLives(person: Person, step: (person: Person) => Promise<unknown>): Promise<number> {
  for (let life = 1; ; life++) {
    const crash = crashAt({ call: life, when: life % 2 === 0 ? "before" : "after" });
    try {
      await person.restart(crash);
      await step(person);
      // A poll answers with what went wrong; a dead process has not done its step.
      if (!crash.crashed) return life - 1;
    } catch (error) {
      if (!crash.crashed && !(error instanceof SimulatedCrash)) throw error;
    }
    person.world.wait(minute);
  }
}

/** Every step of a talk, in processes that are killed at one port call after the other. */
export async function killed(place: Place): Promise<void> {
  const world = new World(place, 6);
  const [ada, ben] = await world.friends("ada", "ben");
  let deaths = 0;
  const say = async (from: Person, to: Person, text: string, id: string): Promise<void> => {
    from.noteSent(to, text);
    deaths += await inShortLives(from, ({ peer }) => peer.send(to.name, text, { messageId: id }));
  };
  const listen = async (person: Person): Promise<void> => {
    deaths += await inShortLives(person, () => person.round());
  };
  const id = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;

  await say(ada, ben, "Can you hear me?", id(1));
  await say(ada, ben, "I keep dying.", id(2));
  await listen(ben);
  await say(ben, ada, "Every word.", id(3));
  await listen(ada);
  await say(ada, ben, "Good.", id(4));
  await listen(ben);
  await listen(ada);
  expect(deaths).toBeGreaterThan(40);

  for (const person of [ada, ben]) await person.restart();
  world.wait(2 * minute);
  await world.until(() => ben.readFrom(ada).length >= 3 && ada.readFrom(ben).length >= 1);
  // Sending one of them again sends nothing.
  await ada.peer.send("ben", "Good.", { messageId: id(4) });
  await expectInvariants(world);
}
