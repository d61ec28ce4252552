import { toPath } from "@cweb/storage-remote";
import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Place } from "../place.ts";
import { day, World } from "../world.ts";

/** Somebody who has everybody's card can neither read what is not for her, nor write, nor forge. */
export async function stranger(place: Place): Promise<void> {
  const world = new World(place, 9);
  const [ada, ben] = await world.friends("ada", "ben");
  const mallory = await world.person("mallory");
  for (const victim of [ada, ben]) {
    await mallory.knows(victim);
    await victim.knows(mallory);
  }
  await ada.send(ben, "for Ben alone");
  await world.untilRead(ben, ada);
  await ben.send(ada, "for Ada alone");
  await world.untilRead(ada, ben);
  await ada.send(ben, "and once more");

  await tryKeys(world, ada.bucket.profile, [...ada.constant][0] ?? "");
  // She shows Ada's objects as her own, under their names.
  for (const [path, bytes] of await ada.bucket.provider.objects()) {
    if (!mallory.constant.has(path)) await mallory.bucket.provider.put(path, bytes);
  }
  const [stolen] = await slotsOf(ada);
  for (const [path] of await slotsOf(mallory)) await mallory.bucket.provider.put(toPath(path), stolen?.[1] ?? new Uint8Array());
  for (let n = 0; n < 2; n++) {
    await mallory.round({ full: true });
    await ben.round({ full: true });
    await ada.round();
  }
  expect(mallory.lines).toEqual([]);
  expect(ben.readFrom(mallory)).toEqual([]);
  expect(ben.lines).toHaveLength(2);
  expect(ada.lines).toHaveLength(1);

  // Her home repairs her bucket within a day; what she copied is hers to sweep up.
  for (const path of (await ada.bucket.provider.objects()).keys()) await mallory.bucket.provider.remove(path);
  world.wait(2 * day);
  for (let n = 0; n < 3; n++) await mallory.round();
  await expectInvariants(world);
}

async function slotsOf(person: {
  bucket: { provider: { objects(): Promise<ReadonlyMap<string, Uint8Array>> } };
}): Promise<[string, Uint8Array][]> {
  return [...(await person.bucket.provider.objects())].filter(([, bytes]) => bytes.length === 4 * 4_096);
}

/** The key of a card gets objects and does nothing else; a wrong secret does not even that. */
async function tryKeys({ place, strangers }: World, profile: Uint8Array, standing: string): Promise<void> {
  const intruder = place.intruder?.(profile, strangers);
  if (!intruder) return;
  const path = toPath(standing);
  await expect(intruder.writer.write(path, new Uint8Array(4_096))).rejects.toMatchObject({ name: "StorageRemoteError" });
  await expect(intruder.writer.write(toPath("a".repeat(32)), new Uint8Array(1))).rejects.toMatchObject({ name: "StorageRemoteError" });
  await expect(intruder.writer.remove(path)).rejects.toMatchObject({ name: "StorageRemoteError" });
  await expect(intruder.wrongKey.read(path, { maxBytes: 65_536 })).rejects.toMatchObject({ name: "StorageRemoteError" });
  if (!place.readersMayList) await expect(intruder.list()).rejects.toMatchObject({ name: "StorageRemoteError" });
  // Where listing cannot be forbidden, the names say nothing.
  else for (const name of await intruder.list()) expect(name).toMatch(/^[a-z2-7]{32}$/);
}
