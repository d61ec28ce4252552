/** How far a transfer is. */
export interface Progress {
  /** Bytes of the file that are there, those of earlier runs included. */
  readonly done: number;
  /** Bytes of the file; `undefined` for a stream whose end has not come. */
  readonly total: number | undefined;
  /** Bytes a second of late, of this run alone; 0 until it can be told. */
  readonly rate: number;
  /** Milliseconds left at that rate; `undefined` where it cannot be told. */
  readonly left: number | undefined;
}

/** Called after each chunk. */
export type OnProgress = (progress: Progress) => void;

export interface TransferOptions {
  readonly onProgress?: OnProgress;
  /** Requests at a time, at most. Default 8; fewer where chunks are large, so that memory stays below 128 MiB, and while the network fails. */
  readonly parallel?: number;
  readonly signal?: AbortSignal;
}
