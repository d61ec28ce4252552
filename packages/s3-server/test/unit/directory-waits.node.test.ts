import { expect, test } from "vitest";
import { DirectoryWaits } from "../../src/disk/directory-waits.ts";

/** A disk whose waits end when the test says so. */
function disk() {
  const begun: { path: string; end: (error?: Error) => void }[] = [];
  const waits = new DirectoryWaits((path) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    begun.push({ path, end: (error) => (error ? reject(error) : resolve()) });
    return promise;
  });
  return { begun, waits, end: (n: number, error?: Error) => begun[n]?.end(error) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("who asks while the disk is waited for shares the next wait, which begins later than all of them asked", async () => {
  const { begun, waits, end } = disk();
  const done: string[] = [];
  const ask = (name: string): Promise<void> => waits.wait("a").then(() => void done.push(name));
  const all = [ask("first"), ask("second"), ask("third")];
  await turn();
  expect(begun).toHaveLength(1);
  end(0);
  await turn();
  expect(done).toEqual(["first"]);
  expect(begun).toHaveLength(2);
  all.push(ask("fourth"));
  await turn();
  expect(begun).toHaveLength(2);
  end(1);
  await turn();
  expect(done).toEqual(["first", "second", "third"]);
  end(2);
  await Promise.all(all);
  expect(done.at(-1)).toBe("fourth");
  await turn();
  const alone = waits.wait("a");
  expect(begun).toHaveLength(4);
  end(3);
  await alone;
});

test("other directories have waits of their own", async () => {
  const { begun, waits, end } = disk();
  const both = [waits.wait("a"), waits.wait("b")];
  expect(begun.map(({ path }) => path)).toEqual(["a", "b"]);
  end(0);
  end(1);
  await Promise.all(both);
});

test("a wait that fails is told to those who shared it, and the next is tried all the same", async () => {
  const { waits, end } = disk();
  const first = waits.wait("a");
  const second = waits.wait("a");
  end(0, new Error("the disk is gone"));
  await expect(first).rejects.toThrow("the disk is gone");
  await turn();
  end(1);
  await second;
});
