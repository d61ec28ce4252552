import type { DatabaseSync, StatementSync } from "node:sqlite";
import { checkBatch, checkNames, checkScan, endOfPrefix, localRecord, ownBytes } from "./batch.ts";
import type { CommitOptions, CommitResult, LocalBatch, LocalRecord, LocalStore } from "./port.ts";
import { sqliteError } from "./sqlite-error.ts";
import { giveBackFreePages } from "./sqlite-file.ts";
import { closedError } from "./storage-local-error.ts";

interface Row {
  readonly name: string;
  readonly revision: number;
  readonly bytes: Uint8Array;
}

const record = (row: unknown): LocalRecord => {
  const { name, bytes, revision } = row as Row;
  return localRecord(name, bytes, revision);
};

/** The port over an open database of format 1. */
export class SqliteStore implements LocalStore {
  readonly #file: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #closed = false;

  constructor(file: string, db: DatabaseSync) {
    this.#file = file;
    this.#db = db;
  }

  async load(names: readonly string[], options: { readonly signal?: AbortSignal } = {}): Promise<ReadonlyMap<string, LocalRecord>> {
    return this.#call(options.signal, () => {
      checkNames(names);
      // One statement, hence one snapshot.
      const sql = "SELECT name, revision, bytes FROM record WHERE name IN (SELECT value FROM json_each(?))";
      const records = this.#prepare(sql).all(JSON.stringify(names)).map(record);
      return new Map(records.map((each) => [each.name, each]));
    });
  }

  async scan(
    prefix: string,
    options: { readonly after?: string; readonly limit: number; readonly signal?: AbortSignal },
  ): Promise<readonly LocalRecord[]> {
    return this.#call(options.signal, () => {
      checkScan(prefix, options);
      const sql = "SELECT name, revision, bytes FROM record WHERE name >= ? AND name < ? AND name > ? ORDER BY name LIMIT ?";
      const rows = this.#prepare(sql).all(prefix, prefix + endOfPrefix, options.after ?? "", options.limit);
      return rows.map(record);
    });
  }

  async commit(batch: LocalBatch, options: CommitOptions = {}): Promise<CommitResult> {
    return this.#call(options.signal, () => {
      checkBatch(batch);
      return options.relaxed ? this.#relaxed(() => this.#commit(batch)) : this.#commit(batch);
    });
  }

  /** In WAL mode NORMAL writes the same log as FULL and does not wait for the disk; the next FULL commit syncs the log to its end. */
  #relaxed<T>(step: () => T): T {
    this.#db.exec("PRAGMA synchronous = NORMAL");
    try {
      return step();
    } finally {
      this.#db.exec("PRAGMA synchronous = FULL");
    }
  }

  #commit(batch: LocalBatch): CommitResult {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = this.#apply(batch);
      this.#db.exec(result.kind === "committed" ? "COMMIT" : "ROLLBACK");
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    try {
      giveBackFreePages(this.#db);
    } catch {
      // Only tidying up: another process writes just now, or the disk is full. The next one to close does it.
    } finally {
      this.#db.close();
    }
  }

  #apply(batch: LocalBatch): CommitResult {
    const current = this.#prepare("SELECT revision FROM record WHERE name = ?");
    for (const [name, revision] of batch.expected) {
      if ((current.get(name)?.revision ?? null) !== revision) return { kind: "conflict" };
    }
    const next = this.#prepare("UPDATE counter SET revision = revision + 1 RETURNING revision").get()?.revision as number;
    const put = this.#prepare(
      "INSERT INTO record (name, revision, bytes) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, bytes = excluded.bytes",
    );
    for (const [name, bytes] of batch.put) put.run(name, next, ownBytes(bytes));
    const remove = this.#prepare("DELETE FROM record WHERE name = ?");
    for (const name of batch.remove) remove.run(name);
    return { kind: "committed" };
  }

  #rollBack(): void {
    try {
      this.#db.exec("ROLLBACK");
    } catch {
      // SQLite has already rolled back by itself, as it does after a full disk or an I/O error.
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #call<T>(signal: AbortSignal | undefined, call: () => T): T {
    signal?.throwIfAborted();
    if (this.#closed) throw closedError();
    try {
      return call();
    } catch (error) {
      throw sqliteError(error, this.#file);
    }
  }
}
