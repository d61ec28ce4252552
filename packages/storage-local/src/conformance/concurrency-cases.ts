import type { LocalStore } from "../port.ts";
import { check, equal, read, type Test, textOf, write } from "./case.ts";

async function increment(store: LocalStore, name: string): Promise<void> {
  for (;;) {
    const before = await read(store, name);
    const next = String(Number(textOf(before) ?? "0") + 1);
    const { kind } = await write(store, { [name]: next }, { [name]: before?.revision ?? null });
    if (kind === "committed") return;
  }
}

export const concurrencyCases: Readonly<Record<string, Test>> = {
  "one handle sees what another committed": async (place) => {
    const [one, other] = [await place.open(), await place.open()];
    await write(one, { a: "1" });
    equal(textOf(await read(other, "a")), "1", "the other handle's view");
    const record = await read(other, "a");
    await write(one, { a: "2" });
    equal(await write(other, { a: "3" }, { a: record?.revision ?? null }), { kind: "conflict" }, "a commit upon the older view");
    await one.close();
    equal(textOf(await read(other, "a")), "2", "after the first handle was closed");
  },

  "of many first commits one is committed": async (place) => {
    const stores = [await place.open(), await place.open()];
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => write(stores[i % 2] as LocalStore, { a: String(i) }, { a: null })),
    );
    equal(results.filter(({ kind }) => kind === "committed").length, 1, "commits that succeeded");
  },

  "no increment is lost between two handles": async (place) => {
    const stores = [await place.open(), await place.open()];
    const writer = async (store: LocalStore): Promise<void> => {
      for (let n = 0; n < 20; n++) await increment(store, "counter");
    };
    await Promise.all([...stores, ...stores].map(writer));
    equal(textOf(await read(stores[0] as LocalStore, "counter")), "80", "the counter");
  },

  "a load never sees half a batch": async (place) => {
    const [writer, reader] = [await place.open(), await place.open()];
    await write(writer, { left: "0", right: "0" });
    const writing = (async () => {
      for (let n = 1; n <= 50; n++) await write(writer, { left: String(n), right: String(n) });
    })();
    for (let n = 0; n < 50; n++) {
      const pair = await reader.load(["left", "right"]);
      check(textOf(pair.get("left")) === textOf(pair.get("right")), "half a batch was loaded");
      const scanned = await reader.scan("", { limit: 2 });
      check(textOf(scanned[0]) === textOf(scanned[1]), "half a batch was scanned");
    }
    await writing;
  },
};
