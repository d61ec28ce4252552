import { expect, test } from "vitest";
import { type ShellHome, ShellWorld } from "../support/shell-world.ts";

async function meeting(count: number, seed = 1): Promise<{ readonly world: ShellWorld; readonly homes: readonly ShellHome[] }> {
  const world = new ShellWorld(seed);
  for (let i = 0; i < count; i++) await world.home();
  return { world, homes: world.homes };
}

test("a room of three: created, joined, written to, and one is removed", async () => {
  const { world, homes } = await meeting(3);
  const [anna, ben, cleo] = homes as [ShellHome, ShellHome, ShellHome];
  const id = await world.room();
  const { members, state, name, canSend } = await ben.rooms.status(id);
  expect({ state, name, canSend }).toEqual({ state: "member", name: "garden", canSend: true });
  expect(members.map(({ id: member }) => member).sort()).toEqual(homes.map((home) => home.id).sort());
  await ben.send(id, "hello");
  await world.rounds(3);
  await cleo.send(id, "hello, ben");
  await world.rounds(3);
  for (const home of homes) expect(await home.texts(id)).toEqual(["hello", "hello, ben"]);
  const heard = (await anna.events()).filter(({ type }) => type === "room-message");
  expect(heard.map(({ member }) => member)).toEqual([ben.id, cleo.id]);
  await anna.rooms.remove(id, [cleo.id]);
  await anna.flush();
  await world.rounds(2);
  expect((await cleo.rooms.status(id)).state).toBe("removed");
  await ben.send(id, "without cleo");
  await world.rounds(4);
  expect(await anna.texts(id)).toContain("without cleo");
  expect(await cleo.texts(id)).not.toContain("without cleo");
  await expect(cleo.send(id, "still here")).rejects.toMatchObject({ code: "not-a-member" });
});
