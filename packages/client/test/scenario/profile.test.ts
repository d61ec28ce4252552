import { describe, expect, test } from "vitest";
import { ofType, rounds } from "../support/events.ts";
import { minute, World } from "../support/world.ts";

describe("profiles", () => {
  test("a profile is seen by one contact and not by the other; changes are told; taken back, it is gone", async () => {
    const world = new World(80);
    const [ada, ben, carla] = [await world.home(), await world.home(), await world.home()];
    for (const [name, other] of [["ben", ben] as const, ["carla", carla] as const]) {
      await ada.peer.addContact(await other.peer.card(), name);
      await other.peer.addContact(await ada.peer.card(), "ada");
      await ada.peer.send(name, "hello");
      await rounds(other, 1);
    }
    expect(await ada.peer.profile.own()).toBeUndefined();
    await expect(ada.peer.profile.share(["ben"])).rejects.toMatchObject({ code: "unknown-profile" });
    const set = await ada.peer.profile.set({ name: "Ada", status: "at sea" });
    expect(set).toMatchObject({ contact: "me", properties: { name: "Ada", status: "at sea" }, subscribers: [] });
    expect(await ada.peer.profile.share(["ben"])).toMatchObject({ subscribers: ["ben"] });
    const events = ofType(await rounds(ben, 2), "profile");
    expect(events).toMatchObject([{ contact: "ada", properties: { name: "Ada", status: "at sea" }, state: "current" }]);
    await rounds(carla, 2, true);
    expect(await carla.peer.profile.of("ada")).toBeUndefined();
    // No object of applications.
    expect([await ada.peer.objects.list(), await ben.peer.objects.list()]).toEqual([
      { own: [], shared: [] },
      { own: [], shared: [] },
    ]);
    await ada.peer.profile.set({ status: null });
    world.clock.advance(2 * minute);
    await rounds(ben, 1);
    expect((await ben.peer.profile.of("ada"))?.properties).toEqual({ name: "Ada" });
    // Another profile takes the place of the first one.
    await ada.peer.profile.set({ name: "Dr Lovelace" }, { profile: "work" });
    await ada.peer.profile.share(["ben"], { profile: "work" });
    world.clock.advance(2 * minute);
    const other = ofType(await rounds(ben, 3), "profile");
    expect(other).toMatchObject([{ contact: "ada", properties: { name: "Dr Lovelace" }, state: "current" }]);
    expect((await ben.peer.profile.of("ada"))?.properties).toEqual({ name: "Dr Lovelace" });
    expect((await ada.peer.profile.list()).map(({ profile, subscribers }) => [profile, subscribers])).toEqual([
      ["default", []],
      ["work", ["ben"]],
    ]);
    await ada.peer.profile.unshare(["ben"]);
    world.clock.advance(2 * minute);
    expect(ofType(await rounds(ben, 3), "profile")).toMatchObject([{ contact: "ada", properties: {}, state: "revoked" }]);
    expect(await ben.peer.profile.of("ada")).toMatchObject({ state: "revoked", properties: {} });
    await expect(ada.peer.profile.share(["nobody"])).rejects.toMatchObject({ code: "unknown-contact" });
  });
});
