import fc from "fast-check";
import { expect } from "vitest";
import type { LocalStore, Revision } from "../../src/index.ts";
import { memoryStore } from "../../src/memory.ts";

const name = fc.constantFrom("a", "a/1", "a/2", "b", "b/", "B", "~", "% _");
const step = fc.record({
  /** Which of the revisions that a record has had is expected: 0 its latest known, 1 the one before; `null` that it is missing. */
  expected: fc.dictionary(name, fc.constantFrom(0, 0, 1, null), { maxKeys: 2 }),
  changes: fc.dictionary(name, fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 5 })), { maxKeys: 4 }),
  scan: fc.record({ prefix: fc.constantFrom("", "a", "a/", "b", "%"), after: fc.option(name), limit: fc.integer({ min: 1, max: 9 }) }),
});

class Run {
  readonly store: LocalStore;
  readonly #history = new Map<string, Revision[]>();

  constructor(store: LocalStore) {
    this.store = store;
  }

  async step({ expected, changes, scan }: typeof step extends fc.Arbitrary<infer T> ? T : never): Promise<unknown> {
    const revisions = Object.entries(expected).map(([key, age]) => {
      const known = age === null ? null : (this.#history.get(key)?.at(-1 - age) ?? null);
      return [key, known] as const;
    });
    const put = new Map(Object.entries(changes).filter((entry): entry is [string, Uint8Array<ArrayBuffer>] => entry[1] !== null));
    const remove = new Set(Object.keys(changes).filter((key) => changes[key] === null));
    const { kind } = await this.store.commit({ expected: new Map(revisions), put, remove });
    const all = await this.store.scan("", { limit: 100 });
    for (const record of all) {
      const history = this.#history.get(record.name) ?? [];
      if (history.at(-1) !== record.revision) this.#history.set(record.name, [...history, record.revision]);
    }
    const { prefix, after, limit } = scan;
    const some = await this.store.scan(prefix, after === null ? { limit } : { limit, after });
    return { kind, all: all.map((each) => [each.name, [...each.bytes]]), some: some.map((each) => each.name) };
  }
}

/** Any history of batches has the same outcome in `makeStore()` and in memory. */
export async function agreesWithMemory(makeStore: () => Promise<LocalStore>, seed: number, numRuns: number): Promise<void> {
  const kinds = new Set<unknown>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
      const [tested, reference] = [new Run(await makeStore()), new Run(memoryStore())];
      for (const each of steps) {
        const outcome = (await reference.step(each)) as { readonly kind: string };
        kinds.add(outcome.kind);
        expect(await tested.step(each)).toEqual(outcome);
      }
      await tested.store.close();
    }),
    { seed, numRuns },
  );
  expect([...kinds].sort()).toEqual(["committed", "conflict"]);
}
