import type { LocalStore } from "./port.ts";
import { sqliteError } from "./sqlite-error.ts";
import { openFile } from "./sqlite-file.ts";
import { SqliteStore } from "./sqlite-store.ts";

export interface NodeStoreOptions {
  /** How long a call waits for another process's write, in ms (5,000), before it fails as `locked`. */
  readonly busyTimeout?: number;
  readonly signal?: AbortSignal;
}

/**
 * The store in this SQLite file, which is created with owner-only rights where it is missing. Any number of processes may have it
 * open. Calls block the thread while SQLite works: about a millisecond, or up to `busyTimeout` where another process writes.
 */
export async function openNodeStore(file: string, options: NodeStoreOptions = {}): Promise<LocalStore> {
  options.signal?.throwIfAborted();
  try {
    return new SqliteStore(file, openFile(file, options.busyTimeout ?? 5_000));
  } catch (error) {
    throw sqliteError(error, file);
  }
}
