/** Where a file's bytes come from. */
export interface FileSource {
  /** Bytes in all; `undefined` where only the end will tell (a stream). */
  readonly size: number | undefined;
  /**
   * Names the state of the content, at most 256 characters: it is another one once the content has changed. Without it, what was uploaded by an
   * earlier run is read again and compared. Throws `FileSharingError` `source-gone`.
   */
  fingerprint?(options?: { readonly signal?: AbortSignal }): Promise<string>;
  /**
   * The next bytes from `offset`: as many as asked for, fewer only at the end. Offsets are asked for in rising order, one call at a time; a
   * source that `skips` may be asked for later ones without those between.
   */
  read(offset: number, length: number, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
  /** Whether what `read` answers is nobody else's, so that its memory may be given back once it is sealed. Default false. */
  readonly isFresh?: boolean;
  /** Whether bytes may be left out: then a resumed upload does not read again what is there already. */
  readonly skips: boolean;
  /** Called once when nothing more will be read. */
  close?(): Promise<void>;
}
