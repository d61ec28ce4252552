/**
 * Programming errors only: what a caller can avoid. Bytes from strangers are answered with `undefined` or `false`, never with this.
 * The list only grows.
 */
export type CryptoErrorCode =
  /** A key of one's own, an id or a seed does not have the length that the function asks for. */
  | "bad-key-length"
  /** A length or a number is out of its range: HKDF beyond 8,160 bytes, padding below the content, a context that is not u64, a salt. */
  | "bad-length"
  /** A single-use key was asked for a second time. */
  | "key-used"
  /** The label is not in the registry. */
  | "unknown-label"
  /** The provider cannot work here: an optional dependency is missing, or it is not the version it should be. */
  | "provider-unavailable";

/** The one error of this package. Its message never holds key bytes. */
export class CryptoError extends Error {
  override readonly name: string = "CryptoError";
  readonly code: CryptoErrorCode;
  /** Always false: the same call fails again. */
  readonly retryable: false = false as const;

  constructor(code: CryptoErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Throws `bad-key-length` unless `bytes` has exactly `length` bytes. */
export function requireLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) throw new CryptoError("bad-key-length", `${what} must have ${length} bytes, not ${bytes.length}`);
}
