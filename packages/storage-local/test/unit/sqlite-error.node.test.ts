import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { openNodeStore } from "../../src/node.ts";
import { sqliteError } from "../../src/sqlite-error.ts";
import { SqliteStore } from "../../src/sqlite-store.ts";

const root = mkdtempSync(join(tmpdir(), "cweb-errors-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("every result code has its typed error with one sentence that names the file", () => {
  const codes = { 3: "unavailable", 5: "locked", 6: "locked", 8: "read-only", 10: "failed", 11: "corrupt", 13: "full", 14: "unavailable" };
  // The upper byte of a result code only refines it.
  const refined = { 261: "locked", 264: "read-only", 778: "failed", 4874: "full", 26: "corrupt", 1: "failed" };
  for (const [errcode, code] of Object.entries({ ...codes, ...refined })) {
    const cause = Object.assign(new Error("cause"), { errcode: Number(errcode) });
    const error = sqliteError(cause, "/home/ann/store.db");
    expect(error, errcode).toMatchObject({ code, retryable: code === "locked", cause });
    expect(error.message, errcode).toMatch(/^[A-Z][^.]*\/home\/ann\/store\.db[^.]*\.( Nothing was changed\.)?$/);
  }
});

test("failures of the file system have their typed errors", () => {
  const codes = { ENOSPC: "full", EDQUOT: "full", EROFS: "read-only", EACCES: "unavailable", ENOTDIR: "unavailable" };
  for (const [system, code] of Object.entries({ ...codes, ERR_INVALID_STATE: "failed" })) {
    expect(sqliteError(Object.assign(new Error("cause"), { code: system }), "file"), system).toMatchObject({ code });
  }
  expect(sqliteError("not even an error", "file")).toMatchObject({ code: "failed" });
});

test("a store that may not be written can be read, and says so on commit", async () => {
  const file = join(root, "store.db");
  const writable = await openNodeStore(file);
  await writable.commit({ expected: new Map(), put: new Map([["a", Uint8Array.of(1)]]), remove: new Set() });
  const store = new SqliteStore(file, new DatabaseSync(file, { readOnly: true }));
  expect((await store.load(["a"])).size).toBe(1);
  const put = new Map([["a", Uint8Array.of(2)]]);
  await expect(store.commit({ expected: new Map(), put, remove: new Set() })).rejects.toMatchObject({ code: "read-only" });
  expect((await writable.load(["a"])).get("a")?.bytes).toEqual(Uint8Array.of(1));
  await store.close();
  await writable.close();
});
