import { FileSharingError } from "@cweb/file-sharing";

/**
 * The ports of storage-remote throw errors of one class, and file-sharing one of its own for the same; they are told by their names so that a
 * third party's port may bring its own.
 */
export function isStorageFailure(failure: unknown): boolean {
  if (failure instanceof FileSharingError) return failure.code === "storage-failed";
  return failure instanceof Error && failure.name === "StorageRemoteError";
}
