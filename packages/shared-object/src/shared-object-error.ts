/** Append-only. */
export type SharedObjectErrorCode =
  | "too-large"
  | "bad-topic"
  | "bad-options"
  | "unknown-object"
  | "unknown-contact"
  | "too-many-subscribers"
  | "object-deleted"
  | "conflict"
  | "corrupt-state";

/** Every failure of this package; failures of the ports and of the lower layers pass through as they are. */
export class SharedObjectError extends Error {
  override readonly name = "SharedObjectError";
  readonly code: SharedObjectErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: SharedObjectErrorCode, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
