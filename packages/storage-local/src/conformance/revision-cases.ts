import type { Revision } from "../port.ts";
import { check, contents, equal, read, revisionOf, type Test, write } from "./case.ts";

const conflict = { kind: "conflict" };
const committed = { kind: "committed" };

export const revisionCases: Readonly<Record<string, Test>> = {
  "the expected revision is required": async (place) => {
    const store = await place.open();
    await write(store, { a: "1" });
    const first = await revisionOf(store, "a");
    equal(await write(store, { a: "2" }, { a: first }), committed, "with the right revision");
    equal(await write(store, { a: "3" }, { a: first }), conflict, "with the revision before");
    equal(await contents(store), [["a", "2"]], "after the conflict");
  },

  "expecting null requires that the record does not exist": async (place) => {
    const store = await place.open();
    equal(await write(store, { a: "1" }, { a: null }), committed, "where it does not exist");
    equal(await write(store, { a: "2" }, { a: null }), conflict, "where it exists");
    equal(await write(store, { a: null }, { b: (await revisionOf(store, "a")) as Revision }), conflict, "a revision of a missing record");
    equal(await contents(store), [["a", "1"]], "after the conflicts");
  },

  "a record that is only read can be guarded": async (place) => {
    const store = await place.open();
    await write(store, { guard: "1", a: "1" });
    const guard = await revisionOf(store, "guard");
    equal(await write(store, { a: "2" }, { guard }), committed, "with the guard as it was");
    equal(await revisionOf(store, "guard"), guard, "the guard's revision after it was only expected");
    await write(store, { guard: "2" });
    equal(await write(store, { a: "3" }, { guard }), conflict, "after the guard was changed");
  },

  "a conflict changes nothing": async (place) => {
    const store = await place.open();
    await write(store, { a: "1", b: "1", c: "1" });
    const before = await store.scan("", { limit: 10 });
    const a = await revisionOf(store, "a");
    equal(await write(store, { a: "2", b: null, d: "2" }, { a, c: null }), conflict, "one of two expectations fails");
    const after = await store.scan("", { limit: 10 });
    equal(
      after.map(({ name, revision }) => [name, revision]),
      before.map(({ name, revision }) => [name, revision]),
      "names and revisions",
    );
  },

  "every commit to a record changes its revision, others do not": async (place) => {
    const store = await place.open();
    await write(store, { a: "1", b: "1" });
    const [a, b] = [await revisionOf(store, "a"), await revisionOf(store, "b")];
    await write(store, { a: "1" });
    check((await revisionOf(store, "a")) !== a, "the same bytes again left the revision as it was");
    equal(await revisionOf(store, "b"), b, "the revision of the other record");
    equal((await store.scan("a", { limit: 1 }))[0]?.revision, (await read(store, "a"))?.revision, "a scan's revision");
  },

  "a record made again never repeats a revision": async (place) => {
    const seen = new Set<number>();
    for (let round = 0; round < 4; round++) {
      const store = await place.open();
      for (let n = 0; n < 3; n++) {
        await write(store, { a: "1" });
        const revision = await revisionOf(store, "a");
        check(!seen.has(revision), "a revision was repeated");
        seen.add(revision);
        await write(store, { a: null });
        equal(await write(store, { a: "2" }, { a: revision }), conflict, "the revision of a removed record");
      }
      await store.close();
    }
  },
};
