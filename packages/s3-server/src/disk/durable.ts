import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DirectoryWaits } from "./directory-waits.ts";

/** How the server writes: where unfinished files lie, how they are named, and whether to wait until the disk has them. */
export interface DiskSettings {
  /** On the same file system as everything else, so that a rename is atomic. */
  readonly tempDir: string;
  /** False only for tests and throw-away data: a power cut may then lose answered writes. */
  readonly durable: boolean;
  /** Shared by all that write into one data directory. */
  readonly directories: DirectoryWaits;
  /** A fresh name of 32 hex digits. */
  newId(): string;
}

/** Waits until the directory's entries are on the disk. Windows cannot open directories, and needs no such thing. */
export async function syncDirectory(path: string, { durable, directories }: DiskSettings): Promise<void> {
  if (durable && process.platform !== "win32") await directories.wait(path);
}

/** Puts a finished temporary file in its place: a kill before or after leaves the old or the new file, whole (SPEC §5.1). */
export async function moveInPlace(temp: string, path: string, settings: DiskSettings): Promise<void> {
  await rename(temp, path);
  await syncDirectory(dirname(path), settings);
}

/** Replaces a small file atomically; readable and writable by the owner alone. */
export async function replaceFile(path: string, bytes: string | Uint8Array, settings: DiskSettings): Promise<void> {
  const temp = join(settings.tempDir, settings.newId());
  try {
    await writeFile(temp, bytes, { mode: 0o600, flush: settings.durable, flag: "wx" });
    await moveInPlace(temp, path, settings);
  } catch (cause) {
    await rm(temp, { force: true });
    throw cause;
  }
}

/** Undefined where there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}

export function isMissing(cause: unknown): boolean {
  return hasCode(cause, "ENOENT") || hasCode(cause, "ENOTDIR");
}

export function hasCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === code;
}
