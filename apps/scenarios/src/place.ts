import type { Meter, Path, RemoteReader, RemoteWriter, RequestOp } from "@cweb/storage-remote";

/** One request, as the provider or the wire saw it: counted apart from what the peers say of themselves. */
export interface SeenRequest {
  readonly op: RequestOp | "other";
  readonly bucket: string;
  /** Without the bucket's prefix; empty for a list. */
  readonly path: string;
}

/** What a provider can do behind its customer's back. Not counted anywhere. */
export interface Provider {
  paths(): Promise<ReadonlySet<Path>>;
  objects(): Promise<ReadonlyMap<Path, Uint8Array>>;
  put(path: Path, bytes: Uint8Array): Promise<void>;
  remove(path: Path): Promise<void>;
}

/** One person's bucket. */
export interface Bucket {
  readonly name: string;
  /** The encoded read side, as it goes into cards. */
  readonly profile: Uint8Array;
  /** The owner's ports, metered. */
  readonly reader: RemoteReader;
  readonly writer: RemoteWriter;
  readonly provider: Provider;
}

/** What somebody may try who holds nothing but a card. */
export interface Intruder {
  /** Writes and removes with the reading key. */
  readonly writer: RemoteWriter;
  list(): Promise<readonly Path[]>;
  /** Reads with the right key id and a wrong secret. */
  readonly wrongKey: RemoteReader;
}

/** One kind of store. */
export interface Place {
  readonly name: string;
  /** Requests fail every now and then: the peers try again, as an application would let them. */
  readonly isUnsteady: boolean;
  readonly readersMayList: boolean;
  /** The same calls come in the same order in every run. */
  readonly isRepeatable: boolean;
  /** A new, empty bucket, whose owner counts with `meter`. */
  bucket(label: string, meter: Meter): Promise<Bucket>;
  /** Reads the bucket that an encoded read profile names. */
  openReader(profile: Uint8Array, meter: Meter): RemoteReader;
  describeStore(profile: Uint8Array): string;
  /** What a holder of the card can try; a store in memory has no keys that could be wrong. */
  intruder?(profile: Uint8Array, meter: Meter): Intruder;
  /** All requests that reached the provider so far, by its own count; settled: nothing is under way. */
  requests(): Promise<readonly SeenRequest[]>;
  close(): Promise<void>;
}
