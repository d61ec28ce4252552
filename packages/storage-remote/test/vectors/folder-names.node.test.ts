import { expect, test } from "vitest";
import { toFileNames } from "../../src/folder-name.ts";
import { toPath } from "../../src/index.ts";
import names from "../../vectors/names.json" with { type: "json" };

test("paths lie in exactly these files of a folder", () => {
  for (const { path, folder } of names.paths) expect(toFileNames(toPath(path))).toEqual(folder);
});
