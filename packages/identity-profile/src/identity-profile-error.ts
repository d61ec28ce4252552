/**
 * Append-only.
 * - `bad-property`: a property's name or value is not as its type says; nothing was changed.
 * - `too-large`: the whole profile, or the number of its properties or of profiles, is beyond its limit.
 * - `bad-profile-name`: a profile's private name has 1 to 64 bytes.
 * - `unknown-profile`: this home has no profile of that name.
 * - `bad-schema`: an application property whose name is reserved or cannot be, a mistake in the program.
 * - `corrupt-state`: a record or a profile of this home cannot be read.
 */
export type IdentityProfileErrorCode =
  | "bad-property"
  | "too-large"
  | "bad-profile-name"
  | "unknown-profile"
  | "bad-schema"
  | "corrupt-state";

/** Every failure of this package; those of `@cweb/shared-object` and below pass through as they are. */
export class IdentityProfileError extends Error {
  override readonly name = "IdentityProfileError";
  readonly code: IdentityProfileErrorCode;
  /** The same call fails again. */
  readonly retryable: false = false;

  constructor(code: IdentityProfileErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
