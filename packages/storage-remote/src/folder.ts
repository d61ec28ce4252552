import { linkSync, readFileSync, renameSync, rmSync } from "node:fs";
import { readdir, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  isFolder,
  makeFolders,
  readObject,
  sweepTemporary,
  syncFolder,
  systemCode,
  toFolderError,
  versionOf,
  writeTemporary,
} from "./folder-file.ts";
import { fromFileNames, toFileNames } from "./folder-name.ts";
import type {
  Path,
  ReadOptions,
  ReadResult,
  RemoteLister,
  RemoteReader,
  RemoteWriter,
  Version,
  WriteOptions,
  WriteResult,
} from "./port.ts";
import { checkRead } from "./range.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

// No object's file name holds a `%` (SPEC §5.2).
const INCOMING = "%incoming";
const LOCK = "%lock.sqlite";

/** Reads a folder that `folderWriter` fills, also while it is written, from any number of processes. Node only. */
export function folderReader(directory: string): RemoteReader {
  const root = resolve(directory);
  return {
    async read(path: Path, options: ReadOptions): Promise<ReadResult> {
      options.signal?.throwIfAborted();
      checkRead(options);
      try {
        return await readObject(join(root, ...toFileNames(path)), options);
      } catch (error) {
        options.signal?.throwIfAborted();
        const code = systemCode(error);
        if (code === "EACCES" || code === "EPERM") return { kind: "forbidden" };
        if (code !== "ENOENT") throw toFolderError(error, root);
        if (await isFolder(root)) return { kind: "absent" };
        throw new StorageRemoteError("missing-bucket", `The folder ${root} does not exist; correct the storage profile.`, { cause: error });
      }
    },
  };
}

class FolderWriter implements RemoteWriter {
  readonly checksClock = false;
  readonly #root: string;
  readonly #incoming: string;
  #prepared: Promise<void> | undefined;
  #count = 0;

  constructor(directory: string) {
    this.#root = resolve(directory);
    this.#incoming = join(this.#root, INCOMING);
  }

  async write(path: Path, bytes: Uint8Array, options: WriteOptions = {}): Promise<WriteResult> {
    const { when, signal } = options;
    signal?.throwIfAborted();
    // The caller may change its array as soon as it has the promise.
    const content = bytes.slice();
    return this.#guard(async () => {
      await this.#prepare();
      signal?.throwIfAborted();
      const file = join(this.#root, ...toFileNames(path));
      await makeFolders(this.#root, dirname(file));
      const temporary = await writeTemporary(this.#incoming, content, () => ++this.#count);
      try {
        signal?.throwIfAborted();
        if (!this.#locked(() => place(temporary, file, when))) return { kind: "conflict" };
        await syncFolder(dirname(file));
        return { kind: "stored", version: versionOf(content) };
      } finally {
        await unlink(temporary).catch(ignoreMissing);
      }
    });
  }

  async remove(path: Path, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    options.signal?.throwIfAborted();
    const file = join(this.#root, ...toFileNames(path));
    await this.#guard(async () => {
      await this.#prepare();
      options.signal?.throwIfAborted();
      this.#locked(() => rmSync(file, { force: true }));
      await syncFolder(dirname(file)).catch(ignoreMissing);
    });
  }

  async #guard<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw systemCode(error) === "" && !(error instanceof StorageRemoteError) ? error : toFolderError(error, this.#root);
    }
  }

  /** Once a writer; tried again by the next call where it failed. */
  async #prepare(): Promise<void> {
    this.#prepared ??= makeFolders(this.#root, this.#incoming).then(() => sweepTemporary(this.#incoming));
    try {
      await this.#prepared;
    } catch (error) {
      this.#prepared = undefined;
      throw error;
    }
  }

  /**
   * Runs `action`, which must not wait, while no other process changes this folder. The lock is SQLite's on an empty
   * database: unlike a lock file, the system releases it when a process is killed.
   */
  #locked<T>(action: () => T): T {
    const database = new DatabaseSync(join(this.#root, LOCK));
    try {
      database.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
      return action();
    } finally {
      database.close();
    }
  }
}

/** Moves a finished file to its place where the condition holds; false where it does not. */
function place(temporary: string, file: string, when: "absent" | Version | undefined): boolean {
  if (when === undefined) {
    renameSync(temporary, file);
    return true;
  }
  try {
    if (when === "absent") {
      // `link` never replaces: real also against writers that do not take the lock.
      linkSync(temporary, file);
      return true;
    }
    if (versionOf(readFileSync(file)) !== when) return false;
    renameSync(temporary, file);
    return true;
  } catch (error) {
    if (systemCode(error) === (when === "absent" ? "EEXIST" : "ENOENT")) return false;
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (systemCode(error) !== "ENOENT") throw error;
}

/**
 * Writes one file an object into a folder, which is made where it is missing. A write is durable when it resolves; a kill
 * at any moment leaves the old object or the new. Conditional writes are real among processes of one machine. Node only.
 */
export function folderWriter(directory: string): RemoteWriter {
  const writer = new FolderWriter(directory);
  return {
    checksClock: false,
    write: (path, bytes, options) => writer.write(path, bytes, options),
    remove: (path, options) => writer.remove(path, options),
  };
}

/** Lists a folder's objects; walks the whole folder at each call. Node only. */
export function folderLister(directory: string): RemoteLister {
  const root = resolve(directory);
  return {
    async list(options: { readonly after?: Path; readonly limit: number; readonly signal?: AbortSignal }): Promise<readonly Path[]> {
      const { after, limit, signal } = options;
      signal?.throwIfAborted();
      const paths: Path[] = [];
      const walk = async (names: readonly string[]): Promise<void> => {
        for (const entry of await readdir(join(root, ...names), { withFileTypes: true })) {
          signal?.throwIfAborted();
          const at = [...names, entry.name];
          const path = entry.isFile() ? fromFileNames(at) : undefined;
          if (path !== undefined && (after === undefined || path > after)) paths.push(path);
          if (entry.isDirectory() && /[=+]$/.test(entry.name)) await walk(at);
        }
      };
      await walk([]).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw toFolderError(error, root);
      });
      return paths.sort().slice(0, limit);
    },
  };
}
