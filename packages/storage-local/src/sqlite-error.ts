import { StorageLocalError } from "./storage-local-error.ts";

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const primary = { perm: 3, busy: 5, locked: 6, readonly: 8, io: 10, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 } as const;
/** Making the shared-memory file longer fails: in practice a full disk or quota. */
const ioShmSize = 4874;

const resultCode = (error: unknown): number => {
  const code = typeof error === "object" && error !== null && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code : 0;
};

export const isBusy = (error: unknown): boolean => [primary.busy, primary.locked].includes((resultCode(error) & 0xff) as 5 | 6);

/** The typed error for what SQLite or the file system reports. */
export function sqliteError(cause: unknown, file: string): StorageLocalError {
  if (cause instanceof StorageLocalError) return cause;
  const code = resultCode(cause);
  if (code === 0) return systemError(cause, file);
  const error = (kind: StorageLocalError["code"], message: string): StorageLocalError => new StorageLocalError(kind, message, { cause });
  switch (code & 0xff) {
    case primary.busy:
    case primary.locked:
      return error("locked", `Another process keeps the store ${file} locked; try again, or end that process.`);
    case primary.full:
      return full(cause, file);
    case primary.readonly:
      return error("read-only", `The store ${file} cannot be written; make the file and its folder writable for this user.`);
    case primary.corrupt:
    case primary.notADatabase:
      return corrupt(file, cause);
    case primary.cantOpen:
    case primary.perm:
      return unavailable(cause, file);
    case primary.io:
      return code === ioShmSize
        ? full(cause, file)
        : error("failed", `The disk failed while the store ${file} was used; check the disk, then try again.`);
    default:
      return error("failed", `The store ${file} reported an unexpected error; nothing was changed.`);
  }
}

const full = (cause: unknown, file: string): StorageLocalError =>
  new StorageLocalError("full", `The disk that holds the store ${file} is full; free some space and try again. Nothing was changed.`, {
    cause,
  });

const unavailable = (cause: unknown, file: string): StorageLocalError =>
  new StorageLocalError("unavailable", `The store ${file} cannot be opened; check that its folder exists and belongs to this user.`, {
    cause,
  });

export const corrupt = (file: string, cause?: unknown): StorageLocalError =>
  new StorageLocalError("corrupt", `The file ${file} is damaged or is not a Cweb store; move it away and restore a backup.`, { cause });

export const newerFormat = (file: string): StorageLocalError =>
  new StorageLocalError("newer-format", `The store ${file} was written by a newer version of this software; update to use it.`);

function systemError(cause: unknown, file: string): StorageLocalError {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return full(cause, file);
  if (code === "EROFS") {
    return new StorageLocalError("read-only", `The store ${file} lies on a read-only disk; choose another place.`, { cause });
  }
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) return unavailable(cause, file);
  return new StorageLocalError("failed", `The store ${file} reported an unexpected error; nothing was changed.`, { cause });
}
