export type { CommitOptions, CommitResult, LocalBatch, LocalRecord, LocalStore, Revision } from "./port.ts";
export { StorageLocalError, type StorageLocalErrorCode } from "./storage-local-error.ts";
