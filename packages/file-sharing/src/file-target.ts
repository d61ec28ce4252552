/** Where a downloaded file grows: a place that keeps what it was given across processes, and shows the file under its name only when it is whole. */
export interface FileTarget {
  /** Names this place for the record of what is there already, such as an absolute path; at most 1,024 characters. */
  readonly id: string;
  /** Called first. Throws `FileSharingError` `target-exists` where a file would be overwritten without having been asked. */
  open(size: number, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Bytes written in an earlier run: fewer than asked for, or none, where they are not there. */
  read(offset: number, length: number, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
  /** The bytes are the target's until the promise settles, and not after a success. Throws `FileSharingError` `disk-full`, `target-failed`. */
  write(offset: number, bytes: Uint8Array, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Makes what was written durable. */
  sync(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Shows the file, whole, under its final name. Throws `target-exists`. */
  finish(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Opens for `read` what stands under the final name; false where nothing does. Asked where an earlier run may have died just after `finish`.
   * A target without it answers `target-exists` there.
   */
  openFinished?(options?: { readonly signal?: AbortSignal }): Promise<boolean>;
  /** Lets go of what `open` took, leaving what is there for a later run. */
  close(): Promise<void>;
  /** Removes what is there, unless it is finished. */
  discard(options?: { readonly signal?: AbortSignal }): Promise<void>;
}
