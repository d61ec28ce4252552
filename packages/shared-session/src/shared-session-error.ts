/**
 * Append-only.
 * - `unknown-room`: no room with this id or name is known here.
 * - `not-admin`: only the admin of the room may do this.
 * - `not-a-member`: this home is not (or not yet, or no longer) a member.
 * - `cannot-send-yet`: the keys of the present epoch, or an epoch that lists the key of this restored home, have not come yet.
 * - `too-large`: beyond a limit; the message names it.
 * - `unsupported-kind`: messages of this kind do not stand in rooms.
 * - `bad-name`: a room's name has 1 to 256 bytes.
 * - `unknown-contact`: not a contact, or not a member, whom this needs.
 * - `waiting`: a restored admin asks the members what has happened before it changes anything.
 */
export type SharedSessionErrorCode =
  | "unknown-room"
  | "not-admin"
  | "not-a-member"
  | "cannot-send-yet"
  | "too-large"
  | "unsupported-kind"
  | "bad-name"
  | "unknown-contact"
  | "waiting";

/** Every failure of this package; failures of the ports and of the lower layers pass through as they are. */
export class SharedSessionError extends Error {
  override readonly name = "SharedSessionError";
  readonly code: SharedSessionErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: SharedSessionErrorCode, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
