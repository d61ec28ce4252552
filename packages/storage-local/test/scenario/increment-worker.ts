import { openIndexedDb } from "../../src/indexeddb.ts";
import { incrementTimes } from "./increment.ts";

addEventListener("message", async ({ data: name }: MessageEvent<string>) => {
  const store = await openIndexedDb(name);
  postMessage(await incrementTimes(store, 50));
  await store.close();
});
