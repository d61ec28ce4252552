import { cipherSuite as crypto, equal, utf8 } from "@cweb/crypto";
import { decodeObjectId, type ObjectId } from "@cweb/shared-object";
import { describe, expect, test } from "vitest";
import type { Picture } from "../../src/index.ts";
import { type Person, settle, trio } from "../support/world.ts";

/** 12,000 bytes that look like nothing else. */
function picture(seed: number): Picture {
  const bytes = Uint8Array.from({ length: 12_000 }, (_, i) => (i * i * 31 + i * seed + 7) & 0xff);
  bytes.set(utf8("GIF89a"));
  return { mime: "image/gif", bytes };
}

const isWithin = (bytes: Uint8Array, part: Uint8Array): boolean => {
  for (let at = bytes.indexOf(part[0] ?? 0); at !== -1; at = bytes.indexOf(part[0] ?? 0, at + 1)) {
    if (equal(bytes.subarray(at, at + part.length), part)) return true;
  }
  return false;
};

/** Every 32 bytes that stand in a record as such (a bin of MessagePack): there is no other place for a key. */
function keysIn(records: readonly Uint8Array[]): ReadonlyMap<string, Uint8Array> {
  const keys = new Map<string, Uint8Array>();
  for (const record of records) {
    for (let at = record.indexOf(0xc4); at !== -1; at = record.indexOf(0xc4, at + 1)) {
      if (record[at + 1] !== 32 || at + 34 > record.length) continue;
      const key = record.subarray(at + 2, at + 34);
      keys.set(String.fromCharCode(...key), key);
    }
  }
  return keys;
}

/**
 * What a person can find of an object, with all that the owner's bucket ever held, and with any 32 bytes that their own disk ever held for its key:
 * where a key's name (SPEC of shared-object) was stored, they could read what stands there.
 */
function findable(seeker: Person, owner: Person, id: ObjectId): ReadonlySet<string> {
  const idBytes = decodeObjectId(id) ?? new Uint8Array();
  const paths = new Set<string>(owner.stored.map(({ path }) => path));
  const keys = keysIn(seeker.written);
  expect(keys.size).toBeGreaterThan(20);
  const names = [...keys.values()].map((key) => crypto.name(crypto.derive(key, "so/name", utf8(""), 32), idBytes));
  return new Set(names.filter((name) => paths.has(name)));
}

async function onlyObject(owner: Person): Promise<ObjectId> {
  const [object, ...others] = await owner.objects.owned();
  if (!object || others.length > 0) throw new Error("one object was expected");
  return object.id;
}

describe("who sees what", () => {
  test("M12: a picture is visible to one contact, and to nobody else with everything that was ever stored", async () => {
    const { world, ada, ben, cleo } = await trio();
    await ada.profiles.set({ name: "Ada", picture: picture(1) });
    const id = await onlyObject(ada);
    await ada.profiles.set({ name: "Dr. Lovelace" }, { profile: "work" });
    const work = (await ada.objects.owned()).find((one) => one.id !== id)?.id ?? id;
    await ada.profiles.share([ben.id]);
    await ada.profiles.share([cleo.id], { profile: "work" });
    await settle(world, ada, ben, cleo);
    expect((await ben.profiles.of(ada.id))?.properties.picture).toEqual(picture(1));
    expect((await cleo.profiles.of(ada.id))?.properties).toEqual({ name: "Dr. Lovelace" });
    // The same search finds each object with what those have who see it.
    expect([findable(ben, ada, id).size, findable(ben, ada, work).size]).toEqual([1, 0]);
    expect([findable(cleo, ada, id).size, findable(cleo, ada, work).size]).toEqual([0, 1]);
    const piece = picture(1).bytes.subarray(6_000, 6_024);
    for (const bytes of [...ada.stored.map((one) => one.bytes), ...cleo.written]) expect(isWithin(bytes, piece)).toBe(false);
    expect(ben.written.some((record) => isWithin(record, piece))).toBe(true);
  });

  test("M12: who was removed reads nothing new, with everything that was ever stored", async () => {
    const { world, ada, ben, cleo } = await trio();
    await ada.profiles.set({ picture: picture(1) });
    await ada.profiles.share([ben.id, cleo.id]);
    const id = await onlyObject(ada);
    await settle(world, ada, ben, cleo);
    const before = findable(cleo, ada, id);
    expect(before).toEqual(findable(ben, ada, id));
    await ada.profiles.unshare([cleo.id]);
    const from = ada.stored.length;
    await ada.profiles.set({ picture: picture(2) });
    await settle(world, ada, ben, cleo);
    expect((await ben.profiles.of(ada.id))?.properties.picture).toEqual(picture(2));
    // Ben has found a new name; Cleo knows the old one alone, under which nothing was stored any more that has the size of a picture.
    expect(findable(ben, ada, id).size).toBe(2);
    expect(findable(cleo, ada, id)).toEqual(before);
    const later = ada.stored.slice(from).filter(({ path }) => before.has(path));
    expect(later.length).toBeGreaterThan(0);
    for (const { bytes } of later) expect(bytes.length).toBeLessThan(12_000);
  });

  test("nobody learns what a profile is called", async () => {
    const { world, ada, ben, cleo } = await trio();
    const name = "people I cannot stand";
    await ada.profiles.set({ name: "Ada" }, { profile: name });
    await ada.profiles.share([ben.id], { profile: name });
    await settle(world, ada, ben, cleo);
    expect((await ben.profiles.of(ada.id))?.properties.name).toBe("Ada");
    expect(ben.written.some((record) => isWithin(record, utf8("Ada")))).toBe(true);
    expect(ben.written.some((record) => isWithin(record, utf8(name)))).toBe(false);
    expect(ada.written.some((record) => isWithin(record, utf8(name)))).toBe(true);
  });
});
