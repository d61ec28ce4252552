import { toPath } from "./path.ts";
import type {
  Path,
  ReadOptions,
  ReadResult,
  RemoteLister,
  RemoteReader,
  RemoteWriter,
  Version,
  WriteOptions,
  WriteResult,
} from "./port.ts";
import { checkRead, cut } from "./range.ts";

interface Stored {
  readonly bytes: Uint8Array;
  readonly version: Version;
}

/** Everything a memory bucket holds at one moment. Opaque; stays valid while the bucket changes. */
export interface MemorySnapshot {
  readonly objects: ReadonlyMap<Path, Stored>;
  readonly writes: number;
}

/** A bucket that lives as long as this object. Instantaneous: every operation takes effect before its promise is returned. */
export interface MemoryBucket {
  readonly reader: RemoteReader;
  readonly writer: RemoteWriter;
  readonly lister: RemoteLister;
  /** Owned copies of all that is stored, in order of paths. */
  objects(): ReadonlyMap<Path, Uint8Array>;
  /** What a provider's backup would hold. */
  snapshot(): MemorySnapshot;
  /** Puts the bucket back to a snapshot, as a provider's restored backup does. Versions given out since are not reused. */
  restore(snapshot: MemorySnapshot): void;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

class Memory implements RemoteReader, RemoteWriter, RemoteLister {
  readonly checksClock = false;
  #objects = new Map<Path, Stored>();
  #writes = 0;

  async read(path: Path, options: ReadOptions): Promise<ReadResult> {
    options.signal?.throwIfAborted();
    checkRead(options);
    const stored = this.#objects.get(path);
    if (stored === undefined) return { kind: "absent" };
    if (options.unless === stored.version) return { kind: "unchanged" };
    return { kind: "found", bytes: cut(stored.bytes, options), version: stored.version };
  }

  async write(path: Path, bytes: Uint8Array, options: WriteOptions = {}): Promise<WriteResult> {
    options.signal?.throwIfAborted();
    const present = this.#objects.get(toPath(path));
    if (options.when === "absent" ? present !== undefined : options.when !== undefined && options.when !== present?.version) {
      return { kind: "conflict" };
    }
    // As with a content hash, writing the same bytes again does not change the version.
    const same = present !== undefined && sameBytes(present.bytes, bytes);
    const version = same ? present.version : (`m${++this.#writes}` as Version);
    this.#objects.set(path, { bytes: bytes.slice(), version });
    return { kind: "stored", version };
  }

  async remove(path: Path, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    options.signal?.throwIfAborted();
    this.#objects.delete(path);
  }

  async list(options: { readonly after?: Path; readonly limit: number; readonly signal?: AbortSignal }): Promise<readonly Path[]> {
    options.signal?.throwIfAborted();
    const { after } = options;
    const paths = [...this.#objects.keys()].sort();
    return (after === undefined ? paths : paths.filter((path) => path > after)).slice(0, options.limit);
  }

  objects(): ReadonlyMap<Path, Uint8Array> {
    return new Map([...this.#objects.keys()].sort().map((path) => [path, this.#objects.get(path)?.bytes.slice() ?? new Uint8Array()]));
  }

  snapshot(): MemorySnapshot {
    return { objects: new Map(this.#objects), writes: this.#writes };
  }

  restore(snapshot: MemorySnapshot): void {
    this.#objects = new Map(snapshot.objects);
    this.#writes = Math.max(this.#writes, snapshot.writes);
  }
}

/** A new, empty bucket in memory. Conditional writes are real. */
export function memoryBucket(): MemoryBucket {
  const memory = new Memory();
  return {
    reader: { read: (path, options) => memory.read(path, options) },
    writer: {
      checksClock: false,
      write: (path, bytes, options) => memory.write(path, bytes, options),
      remove: (path, options) => memory.remove(path, options),
    },
    lister: { list: (options) => memory.list(options) },
    objects: () => memory.objects(),
    snapshot: () => memory.snapshot(),
    restore: (snapshot) => memory.restore(snapshot),
  };
}
