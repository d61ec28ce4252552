import type { LocalStore } from "../port.ts";
import { equal, type Test, write } from "./case.ts";

async function names(store: LocalStore, prefix: string, limit: number, after?: string): Promise<readonly string[]> {
  const records = await store.scan(prefix, { limit, ...(after === undefined ? {} : { after }) });
  return records.map((record) => record.name);
}

export const scanCases: Readonly<Record<string, Test>> = {
  "a scan goes by code units": async (place) => {
    const store = await place.open();
    const sorted = [" ", "!", "A", "B", "a", "a ", "a/", "a/1", "a/10", "a/2", "a0", "aa", "b", "~", "~~"];
    await write(store, Object.fromEntries([...sorted].reverse().map((name) => [name, name])));
    equal(await names(store, "", 100), sorted, "all names");
    equal(await names(store, "a/", 100), ["a/", "a/1", "a/10", "a/2"], "names that begin with a/");
    equal(await names(store, "~", 100), ["~", "~~"], "names that begin with the last character");
    equal(await names(store, "z", 100), [], "names that begin with z");
  },

  "a scan honours after and limit": async (place) => {
    const store = await place.open();
    await write(store, { "p/1": "", "p/2": "", "p/3": "", "q/1": "", "o/1": "" });
    equal(await names(store, "p/", 2), ["p/1", "p/2"], "the first two");
    equal(await names(store, "p/", 2, "p/2"), ["p/3"], "those after the second");
    equal(await names(store, "p/", 9, "p/15"), ["p/2", "p/3"], "after a name that does not exist");
    equal(await names(store, "p/", 9, "a"), ["p/1", "p/2", "p/3"], "after a name before the prefix");
    equal(await names(store, "p/", 9, "q"), [], "after a name behind the prefix");
    equal(await names(store, "p/", Number.MAX_SAFE_INTEGER), ["p/1", "p/2", "p/3"], "with the highest limit");
  },

  "paging meets every record once": async (place) => {
    const store = await place.open();
    const all = Array.from({ length: 137 }, (_, i) => `page/${String(i).padStart(3, "0")}`);
    await write(store, Object.fromEntries(all.map((name) => [name, name])));
    const met: string[] = [];
    for (;;) {
      const page = await names(store, "page/", 10, met.at(-1));
      if (page.length === 0) break;
      met.push(...page);
    }
    equal(met, all, "names met");
  },

  "no character of a name or prefix is special": async (place) => {
    const store = await place.open();
    const odd = ["%", "_x", "*", "a'b", 'a"b', "a\\b", "a[b]", "a?b", "x;DROP TABLE record", "__proto__", "constructor"];
    await write(store, Object.fromEntries(odd.map((name) => [name, name])));
    for (const name of odd) equal(await names(store, name, 10), [name], `a scan for ${name}`);
    equal([...(await store.load([...odd, "toString"])).keys()].sort(), [...odd].sort(), "a load of all");
  },
};
