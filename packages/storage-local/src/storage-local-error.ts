/** Append-only. SPEC §6 says when each arises. */
export type StorageLocalErrorCode =
  | "locked"
  | "full"
  | "read-only"
  | "corrupt"
  | "newer-format"
  | "unavailable"
  | "invalid"
  | "closed"
  | "failed";

/**
 * Every failure of this package, except an abort (which rejects with the signal's reason). The message is one sentence
 * that says what to do; it holds no record's name or content.
 */
export class StorageLocalError extends Error {
  override readonly name: "StorageLocalError" = "StorageLocalError";
  readonly code: StorageLocalErrorCode;
  /** Whether the same call may succeed later without anybody doing anything. */
  readonly retryable: boolean;

  constructor(code: StorageLocalErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = code === "locked";
  }
}

export const closedError = (): StorageLocalError => new StorageLocalError("closed", "This store has been closed; open it again to use it.");
