import { expect, test } from "vitest";
import { openIndexedDb } from "../../src/indexeddb.ts";
import { incrementTimes } from "./increment.ts";

test("page and workers count up one record together and lose nothing", { timeout: 30_000 }, async () => {
  const name = `workers-${crypto.randomUUID()}`;
  const inWorker = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("increment-worker.ts", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => {
        worker.terminate();
        resolve(data);
      };
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(name);
    });
  const store = await openIndexedDb(name);
  await Promise.all([inWorker(), inWorker(), incrementTimes(store, 50)]);
  expect((await store.load(["count"])).get("count")?.bytes[0]).toBe(150);
  await store.close();
});
