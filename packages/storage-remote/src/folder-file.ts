import { createHash } from "node:crypto";
import { constants, type FileHandle, mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ReadOptions, ReadResult, Version } from "./port.ts";
import { StorageRemoteError, tooLarge } from "./storage-remote-error.ts";

const BLOCK = 1 << 20;

/** The version of a content: its SHA-256, so that equal contents have equal versions. */
export function versionOf(bytes: Uint8Array): Version {
  return createHash("sha256").update(bytes).digest("hex") as Version;
}

/** The `code` of a Node system error, or "". */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Turns what the file system threw into this package's error. */
export function toFolderError(error: unknown, directory: string): StorageRemoteError {
  if (error instanceof StorageRemoteError) return error;
  const code = systemCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new StorageRemoteError("disk-full", `The disk that holds ${directory} is full; make room and try again.`, { cause: error });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new StorageRemoteError("refused", `The folder ${directory} may not be written; correct its permissions.`, { cause: error });
  }
  if (code === "ENOTDIR") {
    return new StorageRemoteError("missing-bucket", `${directory} is not a folder; correct the storage profile.`, { cause: error });
  }
  return new StorageRemoteError("server-error", `The folder ${directory} failed (${code || "unknown error"}); try again.`, {
    cause: error,
  });
}

async function readAll(
  handle: FileHandle,
  size: number,
  options: ReadOptions,
): Promise<{ bytes: Uint8Array; version: Version; overflow: boolean }> {
  const from = options.range?.offset ?? 0;
  const until = options.range === undefined ? size : from + options.range.length;
  const wanted = Math.max(0, Math.min(until, size) - from);
  const overflow = wanted > options.maxBytes;
  const bytes = new Uint8Array(overflow ? 0 : wanted);
  const hash = createHash("sha256");
  const block = new Uint8Array(Math.min(BLOCK, Math.max(1, size)));
  for (let at = 0; at < size; ) {
    options.signal?.throwIfAborted();
    const { bytesRead } = await handle.read(block, 0, Math.min(block.length, size - at), at);
    if (bytesRead === 0) break;
    const part = block.subarray(0, bytesRead);
    hash.update(part);
    // Where [at, at + bytesRead) and [from, until) meet.
    const start = Math.max(from, at);
    const end = Math.min(from + wanted, at + bytesRead);
    if (!overflow && start < end) bytes.set(part.subarray(start - at, end - at), start - from);
    at += bytesRead;
  }
  return { bytes, version: hash.digest("hex") as Version, overflow };
}

/** Reads one object's file. Rejects with the system's error where it cannot be opened. */
export async function readObject(file: string, options: ReadOptions): Promise<ReadResult> {
  // Without O_NONBLOCK, a named pipe in the folder would hold the reader for ever.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return { kind: "absent" };
    if (options.range === undefined && options.unless === undefined && stats.size > options.maxBytes) throw tooLarge(options.maxBytes);
    const { bytes, version, overflow } = await readAll(handle, stats.size, options);
    options.signal?.throwIfAborted();
    if (version === options.unless) return { kind: "unchanged" };
    if (overflow) throw tooLarge(options.maxBytes);
    return { kind: "found", bytes, version };
  } finally {
    await handle.close();
  }
}

/** Makes a folder's list of names durable. */
export async function syncFolder(directory: string): Promise<void> {
  // Windows can neither open nor flush a folder; its rename is journalled.
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes `directory` inside `root` and all that is between, durably. */
export async function makeFolders(root: string, directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  // `first` is the topmost folder that is new: its name stands in its parent.
  const top = dirname(first);
  for (let at = dirname(directory); at.length >= top.length; at = dirname(at)) {
    await syncFolder(at);
    if (at === dirname(at)) break;
  }
  if (directory === root) await syncFolder(dirname(root));
}

/** Writes and flushes a new file that no other process uses. Answers its name. */
export async function writeTemporary(directory: string, bytes: Uint8Array, next: () => number): Promise<string> {
  for (;;) {
    const file = join(directory, `${process.pid}-${next()}`);
    let handle: FileHandle;
    try {
      handle = await open(file, "wx");
    } catch (error) {
      if (systemCode(error) === "EEXIST") continue;
      throw error;
    }
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } catch (error) {
      await handle.close();
      await unlink(file);
      throw error;
    }
    await handle.close();
    return file;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}

/** Removes what processes that died in the middle of a write have left. */
export async function sweepTemporary(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = Number.parseInt(name, 10);
    if (!Number.isSafeInteger(pid) || isAlive(pid)) continue;
    await unlink(join(directory, name)).catch((error: unknown) => {
      if (systemCode(error) !== "ENOENT") throw error;
    });
  }
}

/** Whether `directory` exists and is a folder. */
export async function isFolder(directory: string): Promise<boolean> {
  try {
    return (await stat(directory)).isDirectory();
  } catch {
    return false;
  }
}
