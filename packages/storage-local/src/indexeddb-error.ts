import { StorageLocalError } from "./storage-local-error.ts";

export const supersededError = (): StorageLocalError =>
  new StorageLocalError(
    "closed",
    "The browser took this store away, for a newer version of this page or to clear its data; reload the page.",
  );

export const notAStore = (cause?: unknown): StorageLocalError =>
  new StorageLocalError("corrupt", "The database of this name is damaged or is not a Cweb store; choose another name.", { cause });

/** The typed error for what IndexedDB reports. */
export function indexedDbError(cause: unknown): StorageLocalError {
  if (cause instanceof StorageLocalError) return cause;
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : "";
  switch (name) {
    case "QuotaExceededError":
      return new StorageLocalError(
        "full",
        "The browser has no room left for this page; free some space and try again. Nothing was changed.",
        { cause },
      );
    case "VersionError":
      return new StorageLocalError(
        "newer-format",
        "The store was written by a newer version of this software; reload the page to update.",
        { cause },
      );
    case "SecurityError":
    case "ReferenceError":
      return new StorageLocalError("unavailable", "This browser keeps no data for this page; allow site data, or leave private browsing.", {
        cause,
      });
    case "NotFoundError":
    case "DataError":
      return notAStore(cause);
    default:
      return new StorageLocalError("failed", "The browser's database reported an unexpected error; nothing was changed.", { cause });
  }
}
