/** Append-only. */
export type MailboxErrorCode = "path-in-use" | "foreign-record" | "conflict";

/** Every failure of this package; failures of the ports pass through as they are. */
export class MailboxError extends Error {
  override readonly name = "MailboxError";
  readonly code: MailboxErrorCode;
  readonly retryable: boolean;

  constructor(code: MailboxErrorCode, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
