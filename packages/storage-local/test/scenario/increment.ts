import type { LocalStore } from "../../src/index.ts";

/** Counts up one record `times` times, again after each conflict; answers how many conflicts there were. */
export async function incrementTimes(store: LocalStore, times: number): Promise<number> {
  let conflicts = 0;
  for (let n = 0; n < times; ) {
    const before = (await store.load(["count"])).get("count");
    const put = new Map([["count", Uint8Array.of((before?.bytes[0] ?? 0) + 1)]]);
    const { kind } = await store.commit({ expected: new Map([["count", before?.revision ?? null]]), put, remove: new Set() });
    if (kind === "committed") n++;
    else conflicts++;
  }
  return conflicts;
}
