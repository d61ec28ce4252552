// A child process of the kill test. Arguments: file, id. Commits batches of 50 records that must agree, for ever, and prints
// the number of each batch once it is committed.
import { openNodeStore } from "../../src/node.ts";

const [file = "", id = "", limit = "0"] = process.argv.slice(2);
const store = await openNodeStore(file);
for (let n = 1; limit === "0" || n <= Number(limit); n++) {
  const bytes = new TextEncoder().encode(String(n));
  const put = new Map<string, Uint8Array>(Array.from({ length: 50 }, (_, i) => [`${id}/${i}`, bytes] as const));
  for (;;) {
    // The shared counter makes the two processes compete.
    const counter = (await store.load(["counter"])).get("counter");
    const count = Number(counter ? new TextDecoder().decode(counter.bytes) : "0") + 1;
    put.set("counter", new TextEncoder().encode(String(count)));
    const { kind } = await store.commit(
      { expected: new Map([["counter", counter?.revision ?? null]]), put, remove: new Set() },
      { relaxed: n % 2 === 1 },
    );
    if (kind === "committed") break;
  }
  process.stdout.write(`${n}\n`);
}
await store.close();
