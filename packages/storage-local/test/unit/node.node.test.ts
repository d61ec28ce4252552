import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, test } from "vitest";
import { localStoreConformance } from "../../src/conformance.ts";
import type { LocalStore, Revision } from "../../src/index.ts";
import { openNodeStore } from "../../src/node.ts";
import { openFile } from "../../src/sqlite-file.ts";
import { SqliteStore } from "../../src/sqlite-store.ts";

const root = mkdtempSync(join(tmpdir(), "cweb-local-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let places = 0;
const freshFile = (): string => join(root, `place-${++places}`, "store.db");
const put = (name: string, bytes: Uint8Array = Uint8Array.of(1)) => ({
  expected: new Map(),
  put: new Map([[name, bytes]]),
  remove: new Set<string>(),
});

describe("SQLite conformance", () => {
  const cases = localStoreConformance(async () => {
    const file = freshFile();
    const opened: LocalStore[] = [];
    return {
      async open() {
        const store = await openNodeStore(file);
        opened.push(store);
        return store;
      },
      async dispose() {
        for (const store of opened) await store.close();
      },
    };
  });
  for (const { name, run } of cases) test(name, run);
});

describe("SQLite files", () => {
  test("are for their owner only, whatever the umask", async () => {
    const before = process.umask(0o000);
    try {
      const file = freshFile();
      const store = await openNodeStore(file);
      await store.commit(put("a"));
      for (const path of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(path).mode & 0o777, path).toBe(0o600);
      expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);
      await store.close();
      chmodSync(file, 0o644);
      await (await openNodeStore(file)).close();
      expect(statSync(file).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });

  test("are in WAL mode and marked as ours", async () => {
    const file = freshFile();
    const store = await openNodeStore(file);
    await store.close();
    const db = new DatabaseSync(file);
    const pragma = (name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect(["journal_mode", "application_id", "user_version", "auto_vacuum"].map(pragma)).toEqual(["wal", 0x43776562, 1, 2]);
    db.close();
  });

  test("after a relaxed commit the next one waits for the disk again", async () => {
    const db = openFile(freshFile(), 1000);
    const seen: unknown[] = [];
    const synchronous = (): unknown => Object.values(db.prepare("PRAGMA synchronous").get() ?? {})[0];
    const exec = db.exec.bind(db);
    db.exec = (sql) => {
      if (sql === "COMMIT" || sql === "ROLLBACK") seen.push(synchronous());
      exec(sql);
    };
    const store = new SqliteStore("file", db);
    const conflict = { ...put("a"), expected: new Map([["a", 7 as Revision]]) };
    for (const batch of [put("a"), conflict]) {
      await store.commit(batch, { relaxed: true });
      await store.commit(batch);
    }
    await store.commit({ ...put("a"), put: new Map([["", new Uint8Array()]]) }, { relaxed: true }).catch(() => undefined);
    expect([seen, synchronous()]).toEqual([[1, 2, 1, 2], 2]);
    await store.close();
  });

  test("hold nothing of what was removed, once closed", async () => {
    const file = freshFile();
    const store = await openNodeStore(file);
    const marks = ["small secret mark", "large secret mark"];
    await store.commit(put("a", new TextEncoder().encode(marks[0])));
    await store.commit(put("b", new TextEncoder().encode(marks[1]?.repeat(3_000))));
    await store.commit({ expected: new Map(), put: new Map([["a", Uint8Array.of(0)]]), remove: new Set(["b"]) });
    await store.close();
    const content = readFileSync(file, "latin1");
    for (const mark of marks) expect(content.includes(mark)).toBe(false);
  });

  test("shrink after a burst of removals", async () => {
    const file = freshFile();
    const store = await openNodeStore(file);
    const names = Array.from({ length: 1_500 }, (_, i) => `n${i}`);
    const bytes = new Uint8Array(2_000).fill(7);
    await store.commit({ expected: new Map(), put: new Map(names.map((name) => [name, bytes])), remove: new Set() });
    await store.commit({ expected: new Map(), put: new Map(), remove: new Set(names) });
    await store.close();
    expect(statSync(file).size).toBeLessThan(1_000_000);
  });
});

describe("what is wrong with a file is said", () => {
  const message = async (opening: Promise<unknown>): Promise<{ code: string; message: string }> => {
    const error = await opening.then(
      () => expect.unreachable(),
      (cause: unknown) => cause,
    );
    return error as { code: string; message: string };
  };

  test("damaged, foreign and newer files are refused", async () => {
    const rubbish = join(root, "rubbish.db");
    writeFileSync(rubbish, "this is no database, but it is long enough to look at ".repeat(50));
    expect(await message(openNodeStore(rubbish))).toMatchObject({ code: "corrupt", message: expect.stringContaining(rubbish) });

    const foreign = join(root, "foreign.db");
    const other = new DatabaseSync(foreign);
    other.exec("CREATE TABLE t (x)");
    other.close();
    expect(await message(openNodeStore(foreign))).toMatchObject({ code: "corrupt", retryable: false });

    const newer = join(root, "newer.db");
    await (await openNodeStore(newer)).close();
    const db = new DatabaseSync(newer);
    db.exec("PRAGMA user_version = 2");
    db.close();
    expect(await message(openNodeStore(newer))).toMatchObject({ code: "newer-format", retryable: false });
  });

  test("a page that was overwritten is reported as damage, not as an answer", async () => {
    const file = freshFile();
    const store = await openNodeStore(file);
    for (let i = 0; i < 50; i++) await store.commit(put(`n${i}`, new Uint8Array(1_000).fill(i)));
    await store.close();
    const bytes = readFileSync(file);
    bytes.fill(0xaa, 4096);
    writeFileSync(file, bytes);
    const damaged = await openNodeStore(file);
    await expect(damaged.scan("", { limit: 100 })).rejects.toMatchObject({ code: "corrupt" });
    await damaged.close();
  });

  test("a folder in the place of the file, and a file in the place of the folder", async () => {
    expect(await message(openNodeStore(root))).toMatchObject({ code: "unavailable" });
    const file = join(root, "plain");
    writeFileSync(file, "");
    expect(await message(openNodeStore(join(file, "store.db")))).toMatchObject({ code: "unavailable" });
  });

  test("a full disk is reported and nothing changes", async () => {
    const file = freshFile();
    const store = await openNodeStore(file);
    await store.commit(put("a"));
    await store.close();
    // Stands in for a full disk: SQLite answers SQLITE_FULL at this page count as it does for ENOSPC.
    const db = new DatabaseSync(file);
    db.exec("PRAGMA max_page_count = 20");
    const limited = new SqliteStore(file, db);
    await expect(limited.commit(put("b", new Uint8Array(1_000_000)))).rejects.toMatchObject({ code: "full", retryable: false });
    expect((await limited.scan("", { limit: 9 })).map(({ name }) => name)).toEqual(["a"]);
    await limited.commit(put("c"));
    await limited.close();
  });

  test("a lock that another process keeps fails as locked after the busy timeout", async () => {
    const file = freshFile();
    const store = await openNodeStore(file, { busyTimeout: 50 });
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    await expect(store.commit(put("a"))).rejects.toMatchObject({ code: "locked", retryable: true });
    expect(await store.scan("", { limit: 1 })).toEqual([]); // readers are not locked out
    other.exec("COMMIT");
    expect(await store.commit(put("a"))).toEqual({ kind: "committed" });
    other.close();
    await store.close();
  });

  test("an aborted open rejects with the signal's reason", async () => {
    const reason = new Error("the caller's reason");
    await expect(openNodeStore(freshFile(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
