/**
 * Append-only.
 * - `too-large`: more than an entry, its box or its list may hold; the message names the limit.
 * - `bad-kind`: a message kind that does not belong into slots.
 * - `no-descriptor`: no usable descriptor of the recipient is known yet; try again after it was fetched.
 * - `init-live`: an initial message to this recipient is live; send through its session.
 * - `bad-item`: a malformed message id or Cweb Id, a mistake in the program.
 * - `corrupt-state`: a record of this home cannot be read.
 */
export type BroadcastErrorCode = "too-large" | "bad-kind" | "no-descriptor" | "init-live" | "bad-item" | "corrupt-state";

/** Every failure of this package; failures of discovery, the mailbox and the ports pass through as they are. */
export class BroadcastError extends Error {
  override readonly name = "BroadcastError";
  readonly code: BroadcastErrorCode;
  readonly retryable: boolean;

  constructor(code: BroadcastErrorCode, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
