/**
 * Append-only.
 * - `already-initialized`: this home holds an identity; nothing was changed.
 * - `bad-id`, `bad-card`: a text or bytes that are no Cweb Id or no card.
 * - `own-card`: a card of this very identity.
 * - `profile-mismatch`: a card of a known Id that names another storage, which nobody signed.
 * - `bad-property`, `too-large`: public properties outside the limits, a slot count outside 0 to 12, a profile above 1 KiB.
 * - `bad-seed`: a seed or commitment that has not 32 bytes.
 * - `unknown-contact`: no contact with this Id.
 * - `key-used`: a prekey handle was asked to respond twice, a mistake in the program.
 * - `corrupt-state`: a record of this home cannot be read.
 */
export type DiscoveryErrorCode =
  | "already-initialized"
  | "bad-id"
  | "bad-card"
  | "own-card"
  | "profile-mismatch"
  | "bad-property"
  | "too-large"
  | "bad-seed"
  | "unknown-contact"
  | "key-used"
  | "corrupt-state";

/** Every failure of this package; failures of the mailbox and of the ports pass through as they are. */
export class DiscoveryError extends Error {
  override readonly name = "DiscoveryError";
  readonly code: DiscoveryErrorCode;
  /** The same call fails again. */
  readonly retryable: false = false;

  constructor(code: DiscoveryErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
