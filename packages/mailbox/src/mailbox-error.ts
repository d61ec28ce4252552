/** Append-only. SPEC §8 says when each arises. */
export type MailboxErrorCode = "path-in-use" | "foreign-record" | "conflict" | "too-large" | "damaged-record";

/** Every failure of this package; failures of the ports pass through as they are. */
export class MailboxError extends Error {
  override readonly name = "MailboxError";
  readonly code: MailboxErrorCode;
  readonly retryable: boolean;

  constructor(code: MailboxErrorCode, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
