import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folderLister, folderReader, folderWriter } from "../../src/folder.ts";
import { toPath } from "../../src/index.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cweb-folder-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const path = toPath("a");

test("one file an object, under its own name", async () => {
  await folderWriter(directory).write(toPath("cweb/Bcd"), new Uint8Array([1, 2]));
  expect([...(await readFile(join(directory, "cweb=", "@bcd")))]).toEqual([1, 2]);
});

test("a folder that is missing is made by writers and reported to readers", async () => {
  const inner = join(directory, "x", "y");
  await expect(folderReader(inner).read(path, { maxBytes: 1 })).rejects.toMatchObject({ code: "missing-bucket" });
  await folderWriter(inner).write(path, new Uint8Array(1));
  expect(await folderReader(inner).read(path, { maxBytes: 1 })).toMatchObject({ kind: "found" });
});

test("a file in the folder's place is reported", async () => {
  const file = join(directory, "file");
  await writeFile(file, "x");
  await expect(folderWriter(file).write(path, new Uint8Array(1))).rejects.toMatchObject({ retryable: expect.any(Boolean) });
  await expect(folderReader(file).read(path, { maxBytes: 1 })).rejects.toMatchObject({ code: "missing-bucket" });
});

test("a writer whose folder could not be made tries again", async () => {
  const file = join(directory, "later");
  await writeFile(file, "x");
  const writer = folderWriter(file);
  await expect(writer.write(path, new Uint8Array(1))).rejects.toMatchObject({ name: "StorageRemoteError" });
  await rm(file);
  expect(await writer.write(path, new Uint8Array(1))).toMatchObject({ kind: "stored" });
});

test("other files and folders are neither objects nor harmed", async () => {
  await writeFile(join(directory, "README TXT"), "x");
  await mkdir(join(directory, "plain"));
  await mkdir(join(directory, "b"));
  const writer = folderWriter(directory);
  await writer.write(path, new Uint8Array(1));
  expect(await folderLister(directory).list({ limit: 10 })).toEqual(["a"]);
  expect(await folderReader(directory).read(toPath("b"), { maxBytes: 1 })).toEqual({ kind: "absent" });
  expect(await readFile(join(directory, "README TXT"), "utf8")).toBe("x");
});

test("permissions are reported as such", async () => {
  await folderWriter(directory).write(path, new Uint8Array(1));
  await chmod(join(directory, "a"), 0o000);
  // Root may read whatever the permissions are.
  const kind = process.getuid?.() === 0 ? "found" : "forbidden";
  expect(await folderReader(directory).read(path, { maxBytes: 1 })).toMatchObject({ kind });
});
