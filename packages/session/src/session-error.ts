/** Append-only. */
export type SessionErrorCode = "too-large" | "peer-away" | "unknown-contact" | "duplicate-kind" | "not-sendable" | "unsupported-kind";

/** Every failure of this package; failures of the ports and of the lower layers pass through as they are. */
export class SessionError extends Error {
  override readonly name = "SessionError";
  readonly code: SessionErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: SessionErrorCode, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
