/** Append-only. SPEC §6 says when each arises. */
export type StorageRemoteErrorCode =
  | "unreachable"
  | "timed-out"
  | "server-error"
  | "rate-limited"
  | "refused"
  | "wrong-credentials"
  | "missing-bucket"
  | "clock-skew"
  | "too-large"
  | "disk-full"
  | "unsupported"
  | "bad-range"
  | "bad-path"
  | "bad-profile"
  | "bad-answer";

const RETRYABLE: ReadonlySet<StorageRemoteErrorCode> = new Set(["unreachable", "timed-out", "server-error", "rate-limited"]);

/**
 * Every failure of this package, except an abort (which rejects with the signal's reason). The message is one sentence
 * that says what to do and holds no secret.
 */
export class StorageRemoteError extends Error {
  override readonly name = "StorageRemoteError";
  readonly code: StorageRemoteErrorCode;
  /** Whether the same request may succeed later without anybody doing anything. */
  readonly retryable: boolean;
  /** How long the store asked to be left alone, in ms; at most one hour. */
  readonly retryAfter: number | undefined;

  constructor(
    code: StorageRemoteErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfter?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.retryAfter = options.retryAfter;
  }
}

/** The error for a stored body that is longer than the caller's `maxBytes`. */
export function tooLarge(maxBytes: number): StorageRemoteError {
  return new StorageRemoteError("too-large", `The stored object is larger than the ${maxBytes} bytes expected here; it was not read.`);
}
