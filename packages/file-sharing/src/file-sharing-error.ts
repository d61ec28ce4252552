/**
 * Append-only.
 * - `bad-reference`: a text or bytes that are no File Reference. `unsupported-version`: one of a later version.
 * - `bad-name`: a name or a media type outside the limits. `bad-options`: another option that cannot be meant.
 * - `too-large`: a file above 2^49 bytes.
 * - `not-found`: the file's root is absent: it was deleted, or never stored here.
 * - `chunk-missing`: a page or a chunk of a file whose root is there is absent.
 * - `altered`: an object is not the one that its reference or page names: other bytes, another place, another file.
 * - `descriptor-invalid`: authentic, and yet its sizes or counts do not fit each other: the owner's program is broken or hostile.
 * - `out-of-range`: bytes beyond the file's end were asked for.
 * - `source-changed`, `source-gone`: the source changed or vanished while it was read. What was sent is kept.
 * - `target-exists`: a file would be overwritten. `target-failed`: the target cannot be written. `disk-full`: for want of space.
 * - `storage-failed`: the remote storage failed; the cause says how.
 * - `file-removed`: the file was removed while this went on. `unknown-file`: this home has no such file.
 * - `taken-over`: another run of this home goes on with this upload, or has finished or given up this download.
 * - `corrupt-state`: a record of this home cannot be read.
 */
export type FileSharingErrorCode =
  | "bad-reference"
  | "unsupported-version"
  | "bad-name"
  | "bad-options"
  | "too-large"
  | "not-found"
  | "chunk-missing"
  | "altered"
  | "descriptor-invalid"
  | "out-of-range"
  | "source-changed"
  | "source-gone"
  | "target-exists"
  | "target-failed"
  | "disk-full"
  | "storage-failed"
  | "file-removed"
  | "unknown-file"
  | "taken-over"
  | "corrupt-state";

/** Every failure of this package, except an abort (which rejects with the signal's reason) and failures of the local store. */
export class FileSharingError extends Error {
  override readonly name = "FileSharingError";
  readonly code: FileSharingErrorCode;
  /** Whether the same call may succeed later without anybody doing anything; what was done already is not done again. */
  readonly retryable: boolean;

  constructor(code: FileSharingErrorCode, message: string, options: { readonly cause?: unknown; readonly retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? code === "source-changed";
  }
}
