import { test } from "vitest";
import { openIndexedDb } from "../../src/indexeddb.ts";
import { agreesWithMemory } from "./agreement.ts";

test("any history of batches has the same outcome in IndexedDB and in memory", { timeout: 60_000 }, async () => {
  await agreesWithMemory(() => openIndexedDb(`agreement-${crypto.randomUUID()}`), 6, 40);
});
