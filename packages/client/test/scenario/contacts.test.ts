import { describe, expect, test } from "vitest";
import { Peer } from "../../src/index.ts";
import { Home, World } from "../support/world.ts";

describe("contacts", () => {
  test("a name belongs to one contact, whoever adds it first", async () => {
    const world = new World(20);
    const [ada, ben, carla] = [await world.home(), await world.home(), await world.home()];
    const other = await Peer.open(ada.options());
    const both = await Promise.allSettled([
      ada.peer.addContact(await ben.peer.card(), "friend"),
      other.addContact(await carla.peer.card(), "friend"),
    ]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const [failed] = both.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(failed).toMatchObject({ code: "name-taken" });
    expect(await ada.peer.contacts()).toHaveLength(1);
  });

  test("can be renamed, verified and removed, and greet when they come back", async () => {
    const [ada, ben] = await new World(21).pair();
    await ada.peer.addContact(await ben.peer.card(), "Benjamin");
    expect(await ada.peer.contacts()).toEqual([{ name: "Benjamin", id: ben.peer.id, state: "known", verified: false }]);
    await expect(ada.peer.send("ben", "x")).rejects.toMatchObject({ code: "unknown-contact" });
    const digits = await ada.peer.safetyNumber("Benjamin");
    expect(digits).toBe(await ben.peer.safetyNumber("ada"));
    await expect(ada.peer.verify("Benjamin", digits.replace(/\d/, "x"))).rejects.toMatchObject({ code: "safety-number-differs" });
    await ada.peer.verify("Benjamin", digits.replaceAll(" ", ""));
    expect((await ada.peer.contact("Benjamin")).verified).toBe(true);
    await ada.peer.send("Benjamin", "one");
    expect(await ben.texts()).toEqual(["one"]);
    await ada.peer.removeContact("Benjamin");
    expect(await ada.peer.contacts()).toEqual([]);
    await ada.peer.addContact(await ben.peer.card(), "ben");
    expect((await ada.peer.contact("ben")).verified).toBe(false);
    await ada.peer.send("ben", "two");
    const texts: string[] = [];
    for (let i = 0; i < 4; i++) {
      for (const event of await ben.round(true)) if (event.type === "message") texts.push(event.text ?? "");
      await ada.round(true);
    }
    expect(texts).toEqual(["two"]);
  });

  test("a removal that died halfway can be repeated", async () => {
    const [ada, ben] = await new World(22).pair();
    await ada.peer.send("ben", "one");
    const { local } = ada.options();
    let commits = 0;
    const dying = {
      load: local.load.bind(local),
      scan: local.scan.bind(local),
      close: local.close.bind(local),
      commit: (...args: Parameters<typeof local.commit>) => {
        if (++commits > 2) throw new Error("power cut");
        return local.commit(...args);
      },
    };
    const peer = await Peer.open({ ...ada.options(), local: dying });
    await expect(peer.removeContact("ben")).rejects.toThrow("power cut");
    expect((await ada.peer.contacts()).length).toBe(1);
    await ada.peer.removeContact("ben");
    expect(await ada.peer.contacts()).toEqual([]);
    expect(ben.peer.id).not.toBe(ada.peer.id);
  });
});

describe("a new home", () => {
  test("a store that its readers cannot read makes no identity", async () => {
    const world = new World(23);
    const home = new Home(world, 0);
    world.homes.push(home);
    const create = (answer: "forbidden" | "absent"): Promise<unknown> =>
      Peer.create({ ...home.options(), openReader: () => ({ read: async () => ({ kind: answer }) }), profile: home.profile });
    await expect(create("forbidden")).rejects.toMatchObject({ code: "store-unreadable" });
    await expect(create("absent")).rejects.toMatchObject({ code: "store-unreadable" });
    await expect(Peer.open(home.options())).rejects.toMatchObject({ code: "no-identity" });
    expect(home.bucket.objects().size).toBe(0);
    await Peer.create({ ...home.options(), profile: home.profile });
    await expect(Peer.create({ ...home.options(), profile: home.profile })).rejects.toMatchObject({ code: "already-initialized" });
  });

  test("conditional writes are used only where they were proved", async () => {
    for (const [seed, ignores] of [
      [24, false],
      [25, true],
    ] as const) {
      const world = new World(seed);
      const home = new Home(world, 0);
      world.homes.push(home);
      const conditions: unknown[] = [];
      const { writer } = home.options();
      const watched = {
        ...writer,
        checksClock: true,
        remove: writer.remove.bind(writer),
        write: (...[path, bytes, options = {}]: Parameters<typeof writer.write>) => {
          if (options.when === "absent") conditions.push(path);
          const { when: _, ...rest } = options;
          return writer.write(path, bytes, ignores ? rest : options);
        },
      };
      home.extra = { writer: watched };
      home.peer = (await Peer.create({ ...home.options(), profile: home.profile })).peer;
      await home.peer.flush();
      const ben = await world.home();
      await home.restart();
      await home.peer.addContact(await ben.peer.card(), "ben");
      conditions.length = 0;
      await home.peer.send("ben", "one");
      await home.peer.send("ben", "two");
      expect(conditions.length > 0).toBe(!ignores);
    }
  });
});
