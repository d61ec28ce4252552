import { ascii, check, contents, equal, failsWith, read, type Test, textOf, write } from "./case.ts";

export const recordCases: Readonly<Record<string, Test>> = {
  "a new store is empty": async (place) => {
    const store = await place.open();
    equal((await store.load(["a", "b"])).size, 0, "records of a new store");
    equal(await store.scan("", { limit: 10 }), [], "a scan of a new store");
  },

  "a put is loaded back byte for byte": async (place) => {
    const store = await place.open();
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    const large = Uint8Array.from({ length: 1_048_576 }, (_, i) => (i * 7) >> 3);
    const put = new Map([
      ["empty", new Uint8Array(0)],
      ["every", every],
      ["large", large],
    ]);
    equal(await store.commit({ expected: new Map(), put, remove: new Set() }), { kind: "committed" }, "the commit");
    const found = await store.load(["large", "empty", "every"]);
    for (const [name, bytes] of put) {
      const record = found.get(name);
      check(record !== undefined && record.name === name, `${name} is missing`);
      equal([...record.bytes], [...bytes], name);
    }
  },

  "a relaxed commit is one like any other": async (place) => {
    const [store, other] = [await place.open(), await place.open()];
    const put = new Map([["a", ascii("one")]]);
    equal(
      await store.commit({ expected: new Map([["a", null]]), put, remove: new Set() }, { relaxed: true }),
      { kind: "committed" },
      "the commit",
    );
    equal(textOf(await read(other, "a")), "one", "what another handle sees");
    const again = await store.commit({ expected: new Map([["a", null]]), put, remove: new Set() }, { relaxed: true });
    equal(again, { kind: "conflict" }, "a second that expects nothing there");
    equal(await write(store, { b: "two" }), { kind: "committed" }, "a commit after it");
    await store.close();
    await other.close();
    equal(textOf(await read(await place.open(), "a")), "one", "after reopening");
  },

  "load answers those that exist, among any number of names": async (place) => {
    const store = await place.open();
    await write(store, { n7: "seven", n4999: "last" });
    const found = await store.load([...Array.from({ length: 5_000 }, (_, i) => `n${i}`), "n7"]);
    equal([...found.keys()].sort(), ["n4999", "n7"], "names found");
    equal((await store.load([])).size, 0, "no names");
  },

  "records are owned copies in both directions": async (place) => {
    const store = await place.open();
    const bytes = ascii("before");
    const committed = store.commit({ expected: new Map(), put: new Map([["a", bytes]]), remove: new Set() });
    bytes.fill(0); // already while the commit runs
    await committed;
    const first = await read(store, "a");
    equal(textOf(first), "before", "after the caller's bytes were erased");
    first?.bytes.fill(0);
    equal(textOf(await read(store, "a")), "before", "after a loaded record was changed");
  },

  "views and subclasses of Uint8Array are stored as their bytes": async (place) => {
    class Hidden extends Uint8Array {
      toJSON(): string {
        return "hidden";
      }
    }
    const store = await place.open();
    const whole = ascii("left-middle-right");
    const put = new Map([
      ["view", whole.subarray(5, 11)],
      ["subclass", Hidden.from(whole).subarray(5, 11)],
    ]);
    await store.commit({ expected: new Map(), put, remove: new Set() });
    for (const name of put.keys()) {
      const record = await read(store, name);
      equal(textOf(record), "middle", name);
      equal(record?.bytes.buffer.byteLength, 6, `${name}: bytes that came along`);
    }
  },

  "a batch puts, replaces and removes at once": async (place) => {
    const store = await place.open();
    await write(store, { a: "1", b: "2", c: "3" });
    await write(store, { a: "4", b: null, d: "5", missing: null });
    const expected = [
      ["a", "4"],
      ["c", "3"],
      ["d", "5"],
    ];
    equal(await contents(store), expected, "after the batch");
  },

  "an empty batch is committed": async (place) => {
    const store = await place.open();
    equal(await write(store, {}), { kind: "committed" }, "an empty batch");
  },

  "a big batch is one batch": async (place) => {
    const store = await place.open();
    const names = Array.from({ length: 2_000 }, (_, i) => `r${String(i).padStart(5, "0")}`);
    const changes = Object.fromEntries(names.map((name) => [name, name.repeat(100)]));
    equal(await write(store, changes, { r00000: null }), { kind: "committed" }, "2,000 records");
    equal(
      (await store.scan("r", { limit: 5_000 })).map((record) => record.name),
      names,
      "their names",
    );
    equal(await write(store, Object.fromEntries(names.map((name) => [name, null]))), { kind: "committed" }, "removing them");
    equal(await contents(store), [], "what is left");
  },

  "what was committed is there after reopening": async (place) => {
    const store = await place.open();
    await write(store, { a: "1", b: "2" });
    await store.close();
    const again = await place.open();
    const expected = [
      ["a", "1"],
      ["b", "2"],
    ];
    equal(await contents(again), expected, "after reopening");
  },

  "a closed store refuses calls": async (place) => {
    const store = await place.open();
    await write(store, { a: "1" });
    await store.close();
    await store.close();
    await failsWith("closed", "load", () => store.load(["a"]));
    await failsWith("closed", "scan", () => store.scan("", { limit: 1 }));
    await failsWith("closed", "commit", () => write(store, { a: "2" }));
    equal(await contents(await place.open()), [["a", "1"]], "the content of a closed store");
  },
};
