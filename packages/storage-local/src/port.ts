/** Counts the commits to one record; a record that is removed and made again never repeats a revision it had. */
export type Revision = number & { readonly __brand: "Revision" };

export interface LocalRecord {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly revision: Revision;
}

/** A transaction as a value. */
export interface LocalBatch {
  /** The batch is refused unless every record named here has this revision (`null`: does not exist). */
  readonly expected: ReadonlyMap<string, Revision | null>;
  readonly put: ReadonlyMap<string, Uint8Array>;
  readonly remove: ReadonlySet<string>;
}

export type CommitResult = { readonly kind: "committed" } | { readonly kind: "conflict" };

export interface CommitOptions {
  /**
   * Do not wait for the disk: the batch survives the death of this process, but a power cut may take it and what was committed after it, never
   * what was committed before. For what can be found out again; several times as fast. Default false.
   */
  readonly relaxed?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Named records with atomic, durable batches. Several processes may share one store.
 * Names are 1 to 256 characters of printable ASCII and sort by code unit.
 */
export interface LocalStore {
  /** The records that exist among `names`, from one snapshot. */
  load(names: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<ReadonlyMap<string, LocalRecord>>;
  /** The first `limit` records whose name starts with `prefix` and sorts after `after`, in order of names. */
  scan(
    prefix: string,
    options: { readonly after?: string; readonly limit: number; readonly signal?: AbortSignal },
  ): Promise<readonly LocalRecord[]>;
  /** All of the batch or nothing, durable when it answers unless it is `relaxed`. `conflict`: somebody else got there first, nothing was changed. */
  commit(batch: LocalBatch, options?: CommitOptions): Promise<CommitResult>;
  /** No further call may follow. */
  close(): Promise<void>;
}
