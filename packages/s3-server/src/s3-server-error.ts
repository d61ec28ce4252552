/** Append-only. What the caller of this package can meet; what a client of the running server meets are S3 error codes (SPEC §7). */
export type S3ServerErrorCode =
  | "bad-profile"
  | "bad-bucket-name"
  | "bad-keys-file"
  | "keys-file-busy"
  | "data-dir-unusable"
  | "address-in-use"
  | "cannot-listen"
  | "data-dir-in-use";

export class S3ServerError extends Error {
  readonly code: S3ServerErrorCode;
  /** Whether the same call may succeed later without any change by the caller. */
  readonly retryable: boolean;

  constructor(code: S3ServerErrorCode, message: string, options: { readonly cause?: unknown; readonly retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "S3ServerError";
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
