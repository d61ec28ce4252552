import { type CwebId, encodeId } from "@cweb/discovery";
import type { LocalStore } from "@cweb/storage-local";
import { memoryStore } from "@cweb/storage-local/memory";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { IdentityProfiles } from "../../src/index.ts";
import { Person, World } from "../support/world.ts";

const ben: CwebId = encodeId(new Uint8Array(32).fill(2));
const world = new World();

type Task = (profiles: IdentityProfiles) => Promise<unknown>;

/** What each of the two processes does, side by side, in any order of their calls of the store. */
async function sideBySide(
  scheduler: fc.Scheduler,
  from: ReturnType<ReturnType<typeof memoryStore>["snapshot"]>,
  tasks: readonly Task[],
): Promise<Person> {
  const ada = new Person(world, "ada", memoryStore({ from }));
  const { load, scan, commit } = ada.local;
  const local: LocalStore = {
    load: scheduler.scheduleFunction(load),
    scan: scheduler.scheduleFunction(scan),
    commit: scheduler.scheduleFunction(commit),
    close: async () => undefined,
  };
  const processes = await Promise.all(
    tasks.map(async () => {
      const process = new Person(world, "ada", ada.store);
      await process.start({ local });
      return process;
    }),
  );
  const done = Promise.all(tasks.map((task, i) => task((processes[i] ?? ada).profiles)));
  await scheduler.waitFor(done);
  await ada.start();
  return ada;
}

test("two processes of a home: no change is lost, and a contact sees one profile", async () => {
  const { store } = await world.person("ada");
  const from = store.snapshot();
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const ada = await sideBySide(scheduler, from, [
        async (profiles) => {
          await profiles.set({ name: "Ada" });
          await profiles.set({ name: "Ada" }, { profile: "friends" });
          await profiles.share([ben], { profile: "friends" });
        },
        async (profiles) => {
          await profiles.set({ status: "at sea" });
          await profiles.share([ben]);
        },
      ]);
      const all = await ada.profiles.list();
      const properties = new Map(all.map((one) => [one.profile, one.properties]));
      expect(properties).toEqual(
        new Map<string, object>([
          ["default", { name: "Ada", status: "at sea" }],
          ["friends", { name: "Ada" }],
        ]),
      );
      expect(await ada.objects.owned()).toHaveLength(2);
      expect(all.filter(({ contacts }) => contacts.includes(ben))).toHaveLength(1);
    }),
    { seed: 20_261_121, numRuns: 20 },
  );
});
