/** An object's exact name in a bucket: 1 to 512 characters of `[A-Za-z0-9._/-]`, without `.` or `..` segments. Made by `toPath`. */
export type Path = string & { readonly __brand: "Path" };

/** Names one stored content of one path. Opaque; equal versions mean equal bytes. */
export type Version = string & { readonly __brand: "Version" };

export interface ReadOptions {
  /** Answer `unchanged` where the stored version is this one. */
  readonly unless?: Version;
  /** Only these bytes. Beyond the object's end, fewer or no bytes are answered. */
  readonly range?: { readonly offset: number; readonly length: number };
  /** A longer body is cut off, never buffered: the read fails with `too-large`. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** Expected outcomes are values; everything else is a `StorageRemoteError`. */
export type ReadResult =
  | { readonly kind: "found"; readonly bytes: Uint8Array; readonly version: Version }
  | { readonly kind: "unchanged" }
  | { readonly kind: "absent" }
  /** Refused or, on stores whose readers may not list, absent: the two look alike there. */
  | { readonly kind: "forbidden" };

/** What a peer holds: read credentials only. */
export interface RemoteReader {
  read(path: Path, options: ReadOptions): Promise<ReadResult>;
}

export interface WriteOptions {
  /** Store only where nothing is stored (`"absent"`) or where this version is. Meaningful only where it is proved: `proveConditionalWrites`. */
  readonly when?: "absent" | Version;
  /**
   * SHA-256 of the bytes, 32 bytes, from a caller that has it anyway: a back-end that signs its body need not compute it again. It is
   * trusted; with a wrong one the write fails, or stores the bytes all the same.
   */
  readonly sha256?: Uint8Array;
  /** The bytes stay as they are until the promise settles: a back-end need not copy them. After success it holds them no longer. */
  readonly lent?: boolean;
  readonly signal?: AbortSignal;
}

export type WriteResult = { readonly kind: "stored"; readonly version: Version } | { readonly kind: "conflict" };

/** What the owner of a bucket holds. */
export interface RemoteWriter {
  /** Whether a request with a wrong clock is refused, as signed requests are: then a success bounds our own clock's error. */
  readonly checksClock: boolean;
  write(path: Path, bytes: Uint8Array, options?: WriteOptions): Promise<WriteResult>;
  /** Succeeds also where nothing is stored. */
  remove(path: Path, options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** Optional: no protocol may need it. */
export interface RemoteLister {
  list(options: { readonly after?: Path; readonly limit: number; readonly signal?: AbortSignal }): Promise<readonly Path[]>;
}
