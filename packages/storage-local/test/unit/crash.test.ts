import { describe, expect, test } from "vitest";
import { StorageLocalError } from "../../src/index.ts";
import { memoryStore } from "../../src/memory.ts";
import { crashAt, SimulatedCrash, withCrashes } from "../../src/testing.ts";

const put = (name: string) => ({ expected: new Map(), put: new Map([[name, Uint8Array.of(1)]]), remove: new Set<string>() });

describe("withCrashes", () => {
  test("dies before the planned call takes effect, and at all that follow", async () => {
    const store = memoryStore();
    const dying = withCrashes(store, { call: 2, when: "before" });
    await dying.commit(put("a"));
    await expect(dying.commit(put("b"))).rejects.toBeInstanceOf(SimulatedCrash);
    await expect(dying.load(["a"])).rejects.toBeInstanceOf(SimulatedCrash);
    expect((await store.scan("", { limit: 9 })).map(({ name }) => name)).toEqual(["a"]);
  });

  test("dies after the planned call took effect", async () => {
    const store = memoryStore();
    const dying = withCrashes(store, { call: 2, when: "after" });
    await dying.commit(put("a"));
    await expect(dying.commit(put("b"))).rejects.toBeInstanceOf(SimulatedCrash);
    expect((await store.scan("", { limit: 9 })).map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("a call under way hears no answer from a dead process", async () => {
    const crash = crashAt({ call: 2, when: "before" });
    let answer: (value: string) => void = () => undefined;
    const slow = crash.run(() => new Promise<string>((resolve) => (answer = resolve)));
    await expect(crash.run(async () => "never")).rejects.toBeInstanceOf(SimulatedCrash);
    answer("too late");
    await expect(slow).rejects.toBeInstanceOf(SimulatedCrash);
  });

  test("one crash counts several ports together, and null only counts", async () => {
    const crash = crashAt(null);
    const stores = [withCrashes(memoryStore(), crash), withCrashes(memoryStore(), crash)];
    for (const store of stores) await store.load(["a"]);
    await crash.run(async () => undefined);
    expect([crash.calls, crash.crashed]).toEqual([3, false]);
    expect(await withCrashes(memoryStore(), null).scan("", { limit: 1 })).toEqual([]);
  });

  test("is no failure of the store", () => {
    expect(new SimulatedCrash()).not.toBeInstanceOf(StorageLocalError);
  });
});
