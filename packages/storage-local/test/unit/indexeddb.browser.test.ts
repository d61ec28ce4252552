import { deleteDB, openDB } from "idb";
import { describe, expect, test } from "vitest";
import { localStoreConformance } from "../../src/conformance.ts";
import type { LocalStore } from "../../src/index.ts";
import { openIndexedDb } from "../../src/indexeddb.ts";

const unique = (): string => `test-${crypto.randomUUID()}`;

describe("IndexedDB conformance", () => {
  const cases = localStoreConformance(async () => {
    const name = unique();
    const opened: LocalStore[] = [];
    return {
      async open() {
        const store = await openIndexedDb(name);
        opened.push(store);
        return store;
      },
      async dispose() {
        for (const store of opened) await store.close();
        await deleteDB(name);
      },
    };
  });
  for (const { name, run } of cases) test(name, run);
});

describe("IndexedDB", () => {
  test("a newer format is refused with a typed error", async () => {
    const name = unique();
    (await openDB(name, 2)).close();
    await expect(openIndexedDb(name)).rejects.toMatchObject({ code: "newer-format", retryable: false });
    await deleteDB(name);
  });

  test("a database that is not a store is refused with a typed error", async () => {
    const name = unique();
    (await openDB(name, 1)).close();
    await expect(openIndexedDb(name)).rejects.toMatchObject({ code: "corrupt" });
    await deleteDB(name);
  });

  test("an open store makes way for newer software", async () => {
    const name = unique();
    const store = await openIndexedDb(name);
    (await openDB(name, 2)).close();
    await expect(store.load(["a"])).rejects.toMatchObject({ code: "closed" });
    await deleteDB(name);
  });

  test("an aborted open rejects with the signal's reason", async () => {
    const reason = new Error("the caller's reason");
    await expect(openIndexedDb(unique(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
