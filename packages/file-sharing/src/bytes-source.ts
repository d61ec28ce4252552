import type { FileSource } from "./file-source.ts";

/** Bytes in memory, not copied: leave them as they are until they are published. */
export function bytesSource(bytes: Uint8Array): FileSource {
  return {
    size: bytes.length,
    skips: true,
    async read(offset, length, options = {}): Promise<Uint8Array> {
      options.signal?.throwIfAborted();
      return bytes.subarray(offset, offset + length);
    },
  };
}
