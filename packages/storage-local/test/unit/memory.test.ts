import { describe, expect, test } from "vitest";
import { localStoreConformance } from "../../src/conformance.ts";
import { memoryStore } from "../../src/memory.ts";

describe("memory conformance", () => {
  const cases = localStoreConformance(async () => {
    const first = memoryStore();
    return { open: async () => first.open(), dispose: async () => undefined };
  });
  for (const { name, run } of cases) test(name, run);
});

const put = (name: string, text: string) => ({
  expected: new Map(),
  put: new Map([[name, new TextEncoder().encode(text)]]),
  remove: new Set<string>(),
});

describe("memory snapshots", () => {
  test("a snapshot does not change with the store, and a store made from it begins there", async () => {
    const store = memoryStore();
    await store.commit(put("a", "old"));
    const snapshot = store.snapshot();
    await store.commit(put("a", "new"));
    await store.commit(put("b", "new"));
    const restored = memoryStore({ from: snapshot });
    const record = (await restored.load(["a", "b"])).get("a");
    expect(new TextDecoder().decode(record?.bytes)).toBe("old");
    expect((await restored.load(["b"])).size).toBe(0);
    await restored.commit(put("c", "restored"));
    expect((await memoryStore({ from: snapshot }).scan("", { limit: 9 })).map(({ name }) => name)).toEqual(["a"]);
  });
});
