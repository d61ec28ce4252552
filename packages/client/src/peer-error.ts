/**
 * Append-only.
 * - `no-identity`: this home has no identity yet; `Peer.create` makes one.
 * - `unknown-contact`: no contact has this name.
 * - `bad-name`: a name that a contact cannot have.
 * - `name-taken`: another contact has this name.
 * - `bad-message-id`: a message id is a UUID.
 * - `safety-number-differs`: the number that was read out is not the one of this contact.
 * - `store-unreadable`: what was written to the own store cannot be read there by those who hold its read side.
 * - `contact-slow`: a contact's store has not answered in time; asked again in the next round.
 * - `corrupt-state`: a record of this home cannot be read.
 * - `unknown-message`: no file has come with a message of this id.
 * - `unknown-object`, `object-exists`: there is no own or shared object of this name; there is one already.
 * - `unknown-room`, `room-exists`: likewise, of rooms.
 */
export type PeerErrorCode =
  | "no-identity"
  | "unknown-contact"
  | "bad-name"
  | "name-taken"
  | "bad-message-id"
  | "safety-number-differs"
  | "store-unreadable"
  | "contact-slow"
  | "corrupt-state"
  | "unknown-message"
  | "unknown-object"
  | "object-exists"
  | "unknown-room"
  | "room-exists";

/** Every failure of this package; failures of the ports and of the lower layers pass through as they are. */
export class PeerError extends Error {
  override readonly name = "PeerError";
  readonly code: PeerErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: PeerErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = code === "contact-slow";
  }
}
