/**
 * - `malformed`: the bytes are not strict Cweb MessagePack (SPEC §3).
 * - `schema`: strict, but not of the declared type; or a value that its declared type cannot carry.
 * - `too-large`: beyond `maxBytes`, or beyond a limit of SPEC §4.
 * - `declaration`: the wire type itself is declared wrongly: a mistake in the program, never in the input.
 */
export type SerializationErrorCode = "malformed" | "schema" | "too-large" | "declaration";

/** Messages name offsets, lengths and field names, never contents. */
export class SerializationError extends Error {
  override readonly name: "SerializationError" = "SerializationError";
  readonly code: SerializationErrorCode;
  /** The same bytes fail again. */
  readonly retryable: false = false;
  /** Names and indexes from the outermost value inwards: where in the declared type it failed. */
  readonly path: readonly (string | number)[];

  constructor(
    code: SerializationErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly path?: readonly (string | number)[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.path = options.path ?? [];
  }
}
