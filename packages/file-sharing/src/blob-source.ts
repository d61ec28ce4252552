import { FileSharingError } from "./file-sharing-error.ts";
import type { FileSource } from "./file-source.ts";

/** When a `File` was last changed; a plain `Blob` never changes and says nothing. */
function lastModified(blob: Blob): number | undefined {
  return "lastModified" in blob && typeof blob.lastModified === "number" ? blob.lastModified : undefined;
}

/** A `Blob`, or a `File` that a person has chosen, read part by part. */
export function blobSource(blob: Blob): FileSource {
  const modified = lastModified(blob);
  return {
    size: blob.size,
    skips: true,
    isFresh: true,
    ...(modified !== undefined && { fingerprint: async () => `${blob.size}-${modified}` }),
    async read(offset, length, options = {}): Promise<Uint8Array> {
      options.signal?.throwIfAborted();
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (cause) {
        // Browsers refuse to read a file that was changed, moved or deleted since it was chosen.
        throw new FileSharingError("source-gone", "The file can no longer be read: it was changed, moved or deleted since it was chosen.", {
          cause,
        });
      }
    },
  };
}
