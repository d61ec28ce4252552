import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { corrupt, isBusy, newerFormat } from "./sqlite-error.ts";
import { loadSqlite } from "./system-sqlite.ts";

/** "Cweb" as SQLite's application_id (SPEC §7.1). */
const applicationId = 0x43776562;
const formatVersion = 1;

/**
 * Missing folders are made 0700 and a missing file 0600; SQLite gives its -wal and -shm files the same mode. An existing file is
 * never opened here: closing it would drop the locks that SQLite holds on it in this process.
 */
function makeOwnerOnly(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  for (const path of [file, `${file}-wal`, `${file}-shm`]) {
    if (existsSync(path) && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  }
}

const readPragma = (db: DatabaseSync, name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];

function checkFormat(db: DatabaseSync, file: string): "empty" | "ours" {
  const version = readPragma(db, "user_version") as number;
  const id = readPragma(db, "application_id") as number;
  if (id === 0 && version === 0 && db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined) return "empty";
  if (id !== applicationId) throw corrupt(file);
  if (version > formatVersion) throw newerFormat(file);
  return "ours";
}

function transaction<T>(db: DatabaseSync, begin: "BEGIN" | "BEGIN IMMEDIATE", step: () => T): T {
  db.exec(begin);
  try {
    const result = step();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/** An ordinary table: measured against WITHOUT ROWID, records of 2 to 8 KiB are loaded 2.5 times as fast. */
const schema = `
  CREATE TABLE record (name TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL) STRICT;
  INSERT INTO counter VALUES (0, 0);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`;

/** Entering WAL mode does not wait for a lock as other statements do: several processes may open a new store at once. */
function enterWal(db: DatabaseSync): void {
  for (let attempt = 1; readPragma(db, "journal_mode") !== "wal"; attempt++) {
    try {
      db.exec("PRAGMA journal_mode = WAL");
    } catch (error) {
      if (!isBusy(error) || attempt === 100) throw error;
      waitForLock(db);
    }
  }
}

/** Waits, at most for the busy timeout, until nobody writes. */
function waitForLock(db: DatabaseSync): void {
  db.exec("BEGIN IMMEDIATE");
  db.exec("ROLLBACK");
}

/** Opens and, where it is missing or empty, creates a store of format 1. `busyTimeout` in ms. */
export function openFile(file: string, busyTimeout: number): DatabaseSync {
  makeOwnerOnly(file);
  const { DatabaseSync } = loadSqlite();
  const db = new DatabaseSync(file, { timeout: busyTimeout });
  try {
    // In one transaction, as is the making: another process may make the store between two reads.
    const found = transaction(db, "BEGIN", () => checkFormat(db, file));
    // Has an effect only before the first table is made: pages that deletions free can be given back to the disk.
    if (found === "empty") db.exec("PRAGMA auto_vacuum = INCREMENTAL");
    enterWal(db);
    // FULL: a commit survives a power cut. secure_delete: what is removed or replaced is overwritten, not only forgotten.
    db.exec("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 1048576");
    if (found === "empty") {
      transaction(db, "BEGIN IMMEDIATE", () => {
        if (checkFormat(db, file) === "empty") db.exec(schema);
      });
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Gives the disk back what a burst of removals left free, once that is more than 1 MiB. */
export function giveBackFreePages(db: DatabaseSync): void {
  if ((readPragma(db, "freelist_count") as number) > 256) db.exec("PRAGMA incremental_vacuum");
}
