import type { Path, RemoteReader } from "@cweb/storage-remote";

/**
 * What the own bucket holds; `undefined` where it holds nothing or does not say. What is too long to be an own object reads as no
 * bytes at all, so that a store cannot stop this home by storing something large.
 */
export async function readOwn(reader: RemoteReader, path: Path, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    const found = await reader.read(path, { maxBytes, ...(signal ? { signal } : {}) });
    return found.kind === "found" ? found.bytes : undefined;
  } catch (error) {
    if (isStorageFailure(error) && (error as { readonly code?: unknown }).code === "too-large") return new Uint8Array();
    throw error;
  }
}

/** The ports of storage-remote throw errors of one class; it is told by its name so that a third party's port may bring its own. */
export function isStorageFailure(failure: unknown): failure is Error {
  return failure instanceof Error && failure.name === "StorageRemoteError";
}
