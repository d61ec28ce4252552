import fc from "fast-check";
import { expect, test } from "vitest";
import { fromFileNames, toFileNames } from "../../src/folder-name.ts";
import { toPath } from "../../src/index.ts";

const paths = fc
  .stringMatching(/^[A-Za-z0-9._/-]{1,512}$/)
  .map((text) =>
    text
      .split("/")
      .filter((segment) => segment !== "" && segment !== "." && segment !== "..")
      .join("/"),
  )
  .filter((text) => text !== "")
  .map(toPath);

test("every path has file names of its own, which any file system can hold", () => {
  fc.assert(
    fc.property(paths, (path) => {
      const names = toFileNames(path);
      for (const name of names) {
        expect(name.length).toBeLessThanOrEqual(201);
        expect(name).toMatch(/^[a-z0-9._@-]+[=+]?$/);
        expect(name).not.toMatch(/^\.{1,2}$/);
      }
      expect(fromFileNames(names)).toBe(path);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("no object's file is another's folder", () => {
  fc.assert(
    fc.property(paths, paths, (a, b) => {
      const [short, long] = [toFileNames(a), toFileNames(b)];
      const prefixOf = short.length < long.length && short.every((name, index) => name === long[index]);
      expect(prefixOf).toBe(false);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("files that are no objects have no path", () => {
  for (const name of ["%lock.sqlite", "A", "@", "@1", "a=", "a+", "a b", ""]) expect(fromFileNames([name])).toBeUndefined();
  expect(fromFileNames(["a", "b"])).toBeUndefined();
  expect(fromFileNames(["a+", "b"])).toBeUndefined();
});
