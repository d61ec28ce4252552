import { utf8 } from "@cweb/crypto";
import { type CwebId, encodeId } from "@cweb/discovery";
import { memoryStore } from "@cweb/storage-local/memory";
import { type Crash, crashAt, SimulatedCrash, withCrashes } from "@cweb/storage-local/testing";
import { expect, test } from "vitest";
import type { IdentityProfiles } from "../../src/index.ts";
import { Person, World } from "../support/world.ts";

const ben: CwebId = encodeId(new Uint8Array(32).fill(2));
const world = new World();

const life: readonly ((profiles: IdentityProfiles) => Promise<unknown>)[] = [
  (profiles) => profiles.set({ name: "Ada" }, { profile: "friends" }),
  (profiles) => profiles.set({ name: "Dr. Lovelace" }, { profile: "work" }),
  (profiles) => profiles.share([ben], { profile: "friends" }),
  (profiles) => profiles.set({ status: "at sea" }, { profile: "work" }),
  (profiles) => profiles.share([ben], { profile: "work" }),
  (profiles) => profiles.remove({ profile: "friends" }).catch(ignoreUnknown),
];

/** It was removed before the crash. */
function ignoreUnknown(error: { readonly code?: unknown }): void {
  if (error.code !== "unknown-profile") throw error;
}

/** Does each thing until it is done, a new process after each death; answers the home. */
async function live(snapshot: ReturnType<ReturnType<typeof memoryStore>["snapshot"]>, crash: Crash): Promise<Person> {
  const ada = new Person(world, "ada", memoryStore({ from: snapshot }));
  await ada.start({ local: withCrashes(ada.local, crash) });
  for (const step of life) {
    try {
      await step(ada.profiles);
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
      await ada.start();
      const seen = (await ada.objects.owned()).filter(({ subscribers }) => subscribers.includes(ben));
      expect(seen.length).toBeLessThanOrEqual(1);
      await step(ada.profiles);
    }
  }
  return ada;
}

test("a process that dies at any call of its store leaves nothing that the next one does not mend", async () => {
  const { store } = await world.person("ada");
  const snapshot = store.snapshot();
  let died = 0;
  // To die after a call leaves what it leaves to die before the next one.
  for (let call = 1; ; call++) {
    const crash = crashAt({ call, when: "after" });
    const ada = await live(snapshot, crash);
    await ada.start();
    const all = await ada.profiles.list();
    const shown = all.map(({ profile, properties, contacts }) => ({ profile, properties, contacts }));
    expect(shown).toEqual([{ profile: "work", properties: { name: "Dr. Lovelace", status: "at sea" }, contacts: [ben] }]);
    expect((await ada.objects.owned()).filter(({ isDeleted }) => !isDeleted)).toHaveLength(1);
    if (!crash.crashed) break;
    died += 1;
  }
  expect(died).toBeGreaterThan(20);
});

test("the names of profiles are in a record of this home alone, which is told when it is damaged", async () => {
  const ada = await world.person("damaged");
  await ada.profiles.set({ name: "Ada" });
  await ada.mailbox.transact({}, (tx) => tx.put("profile/book", utf8("?")));
  await expect(ada.profiles.own()).rejects.toEqual(expect.objectContaining({ code: "corrupt-state" }));
});
