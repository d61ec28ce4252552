import { text, uint, type Value } from "@cweb/serialization";
import type { ValueFiles } from "@cweb/shared-object";
import { describe, expect, test } from "vitest";
import { pictureOf } from "../support/pictures.ts";
import { settle, trio } from "../support/world.ts";

const refused = (code: string): unknown => expect.objectContaining({ code });

describe("profiles between people", () => {
  test("a contact sees what is set, and what is changed and removed later", async () => {
    const { world, ada, ben } = await trio();
    await ada.profiles.set({ name: "Ada", status: "at sea", picture: pictureOf("image/png", 20_000) });
    expect(await ben.profiles.of(ada.id)).toBeUndefined();
    await ada.profiles.share([ben.id]);
    await settle(world, ada, ben);
    expect(await ben.profiles.of(ada.id)).toMatchObject({
      state: "current",
      properties: { name: "Ada", status: "at sea", picture: pictureOf("image/png", 20_000) },
      malformed: [],
    });
    await ada.profiles.set({ status: null, name: "Ada L." });
    await settle(world, ada, ben);
    expect((await ben.profiles.of(ada.id))?.properties).toEqual({ name: "Ada L.", picture: pictureOf("image/png", 20_000) });
    expect(await ada.profiles.own()).toMatchObject({ profile: "default", contacts: [ben.id], properties: { name: "Ada L." } });
  });

  test("a contact sees one profile at a time: sharing another takes its place", async () => {
    const { world, ada, ben, cleo } = await trio();
    await ada.profiles.set({ name: "Ada" }, { profile: "friends" });
    await ada.profiles.set({ name: "Dr. Lovelace" }, { profile: "work" });
    await ada.profiles.share([ben.id, cleo.id], { profile: "friends" });
    await settle(world, ada, ben, cleo);
    await ada.profiles.share([ben.id], { profile: "work" });
    await settle(world, ada, ben, cleo);
    const names = async () => [(await ben.profiles.of(ada.id))?.properties.name, (await cleo.profiles.of(ada.id))?.properties.name];
    expect(await names()).toEqual(["Dr. Lovelace", "Ada"]);
    const shown = (await ada.profiles.list()).map(({ profile, contacts }) => [profile, contacts]);
    expect(shown).toEqual([
      ["friends", [cleo.id]],
      ["work", [ben.id]],
    ]);
    await ada.profiles.set({ name: "Countess" }, { profile: "friends" });
    await settle(world, ada, ben, cleo);
    expect(await names()).toEqual(["Dr. Lovelace", "Countess"]);
    await ada.profiles.share([ben.id], { profile: "friends" });
    await settle(world, ada, ben, cleo);
    expect(await names()).toEqual(["Countess", "Countess"]);
  });

  test("what is no longer shared is no longer shown", async () => {
    const { world, ada, ben, cleo } = await trio();
    await ada.profiles.set({ name: "Ada" });
    await ada.profiles.share([ben.id, cleo.id]);
    await settle(world, ada, ben, cleo);
    await ada.profiles.unshare([ben.id]);
    await settle(world, ada, ben, cleo);
    expect(await ben.profiles.of(ada.id)).toMatchObject({ state: "revoked", properties: {}, malformed: [] });
    expect(await cleo.profiles.of(ada.id)).toMatchObject({ state: "current", properties: { name: "Ada" } });
    await ada.profiles.remove();
    await settle(world, ada, ben, cleo);
    expect(await cleo.profiles.of(ada.id)).toMatchObject({ state: "deleted", properties: {} });
    expect(await ada.profiles.own()).toBeUndefined();
    await ada.profiles.set({ name: "Ada again" });
    await ada.profiles.share([ben.id]);
    await settle(world, ada, ben, cleo);
    expect(await ben.profiles.of(ada.id)).toMatchObject({ state: "current", properties: { name: "Ada again" } });
  });

  test("an application's own properties arrive typed, and opaque where nobody knows them", async () => {
    const { world, ada, ben } = await trio();
    const types = { city: text(20), age: uint(150) };
    await ada.profilesWith(types).set({ name: "Ada", city: "London", age: 36 }, { opaque: new Map<string, Value>([["chess.elo", 1_800]]) });
    await ada.profiles.set({ status: "keeps what it does not know" });
    await ada.profiles.share([ben.id]);
    await settle(world, ada, ben);
    const typed = await ben.profilesWith({ ...types, age: uint(30) }).of(ada.id);
    expect(typed?.properties).toEqual({ name: "Ada", city: "London", status: "keeps what it does not know" });
    expect(typed?.malformed).toEqual(["age"]);
    expect(typed?.opaque).toEqual(new Map([["chess.elo", 1_800]]));
    expect((await ben.profiles.of(ada.id))?.opaque).toEqual(
      new Map<string, Value>([
        ["age", 36],
        ["chess.elo", 1_800],
        ["city", "London"],
      ]),
    );
  });

  test("what is no profile is malformed, and shows nothing", async () => {
    const { world, ada, ben } = await trio();
    const { id } = await ada.objects.create({ topic: "profile", value: Uint8Array.of(1, 2, 3) });
    await ada.objects.share(id, [ben.id]);
    await settle(world, ada, ben);
    expect(await ben.profiles.of(ada.id)).toMatchObject({ state: "malformed", properties: {} });
  });

  test("a large profile whose file cannot be had is known to be there, and shows nothing", async () => {
    const { world, ada, ben } = await trio();
    const stored = new Map<string, Uint8Array>();
    const files: ValueFiles = {
      publish: async (value) => {
        stored.set("file", value.slice());
        return { reference: Uint8Array.of(1), fileId: "file" };
      },
      remove: async () => undefined,
      read: async () => stored.get("file") ?? new Uint8Array(),
    };
    await ada.start({ files });
    await ada.profiles.set({ picture: pictureOf("image/jpeg", 200_000) });
    await ada.profiles.share([ben.id]);
    await settle(world, ada, ben);
    expect(await ben.profiles.of(ada.id)).toMatchObject({ state: "unfetched", properties: {} });
    await ben.start({ files });
    await settle(world, ada, ben);
    expect(await ben.profiles.of(ada.id)).toMatchObject({ state: "current", properties: { picture: pictureOf("image/jpeg", 200_000) } });
  });

  test("of several that a contact shares the newest one counts", async () => {
    const { world, ada, ben } = await trio();
    const ids: string[] = [];
    for (const name of ["old", "new"]) {
      await ada.profiles.set({ name }, { profile: name });
      const id = (await ada.objects.owned()).find((one) => !ids.includes(one.id))?.id;
      if (!id) throw new Error("no object");
      ids.push(id);
      await ada.objects.share(id, [ben.id]);
    }
    const other = await ada.objects.create({ topic: "object/notes", value: Uint8Array.of(1) });
    await ada.objects.share(other.id, [ben.id]);
    await settle(world, ada, ben);
    expect(await ben.objects.subscriptions({ contact: ada.id })).toHaveLength(3);
    expect((await ben.profiles.of(ada.id))?.properties.name).toBe("new");
  });

  test("unknown profiles, names that cannot be and unknown contacts are refused, and nothing is changed", async () => {
    const { ada, ben } = await trio();
    await expect(ada.profiles.share([ben.id])).rejects.toEqual(refused("unknown-profile"));
    await expect(ada.profiles.remove({ profile: "work" })).rejects.toEqual(refused("unknown-profile"));
    for (const profile of ["", " ", "a\u202eb", "x".repeat(65)]) {
      await expect(ada.profiles.set({ name: "Ada" }, { profile })).rejects.toEqual(refused("bad-profile-name"));
    }
    await expect(ada.profiles.set({ name: "" })).rejects.toEqual(refused("bad-property"));
    expect(await ada.profiles.list()).toEqual([]);
    expect(await ada.objects.owned()).toEqual([]);
    await ada.profiles.set({ name: "Ada" });
    await expect(ada.profiles.share(["nobody" as typeof ben.id])).rejects.toEqual(refused("unknown-contact"));
    expect((await ada.profiles.own())?.contacts).toEqual([]);
  });

  test("there may be 64 profiles", async () => {
    const { ada } = await trio();
    for (let n = 0; n < 64; n++) await ada.profiles.set({ name: "Ada" }, { profile: `p${n}` });
    await expect(ada.profiles.set({ name: "Ada" }, { profile: "p64" })).rejects.toEqual(refused("too-large"));
    expect(await ada.objects.owned()).toHaveLength(64);
    await ada.profiles.remove({ profile: "p0" });
    await ada.profiles.set({ name: "Ada" }, { profile: "p64" });
  });

  test("setting what is set already writes nothing", async () => {
    const { ada } = await trio();
    const { version } = await ada.profiles.set({ name: "Ada" });
    expect(await ada.profiles.set({ name: " Ada " })).toEqual({ version });
    expect((await ada.profiles.set({ name: "Ada L." })).version).toBeGreaterThan(version);
  });

  test("an abort is heeded", async () => {
    const { ada } = await trio();
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(ada.profiles.set({ name: "Ada" }, { signal })).rejects.toThrow("enough");
  });
});
