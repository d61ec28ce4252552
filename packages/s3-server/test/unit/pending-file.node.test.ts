import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DirectoryWaits } from "../../src/disk/directory-waits.ts";
import { PendingFile } from "../../src/disk/pending-file.ts";
import { temporaryDir } from "../support/started.ts";

test("a body that comes in single bytes is written on, not gathered piece by piece", async () => {
  const tempDir = await temporaryDir();
  const file = await PendingFile.create({ tempDir, durable: false, directories: new DirectoryWaits(), newId: () => "0".repeat(32) });
  const block = Buffer.alloc(1000, 7);
  // Each piece is a view that keeps its whole block in memory.
  for (let at = 0; at < block.length; at++) await file.write(block.subarray(at, at + 1));
  const [name = ""] = await readdir(tempDir);
  expect((await stat(join(tempDir, name))).size).toBeGreaterThan(block.length / 2);
  expect(file.size).toBe(block.length);
  await file.discard();
  expect(await readdir(tempDir)).toEqual([]);
});
