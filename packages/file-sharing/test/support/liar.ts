import type { Path, ReadOptions, ReadResult, RemoteReader, Version } from "@cweb/storage-remote";
import { StorageRemoteError } from "@cweb/storage-remote";

/** What a lying store answers for a path: other bytes, or nothing. */
export type Lies = Map<Path, Uint8Array | "absent" | "forbidden">;

/** A store that answers what it likes for some paths. As every back-end, it cuts a body at what was asked for. */
export function lying(reader: RemoteReader, lies: Lies): RemoteReader {
  return {
    async read(path: Path, options: ReadOptions): Promise<ReadResult> {
      const lie = lies.get(path);
      if (lie === undefined) return reader.read(path, options);
      options.signal?.throwIfAborted();
      if (typeof lie === "string") return { kind: lie };
      if (lie.length > options.maxBytes) throw new StorageRemoteError("too-large", "longer than asked for");
      return { kind: "found", bytes: lie.slice(), version: "lie" as Version };
    },
  };
}

export const flipped = (bytes: Uint8Array, at: number, bit = 0): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ (1 << bit);
  return copy;
};
