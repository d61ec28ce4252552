import type { CipherSuite, Clock, Random } from "@cweb/crypto";
import type { Path, RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import { limits } from "./core/limits.ts";
import { objectPath } from "./core/object-name.ts";
import { removeObjects } from "./removal.ts";
import { openPage, openRoot } from "./sealing.ts";
import { runTransfer } from "./transfer.ts";
import type { ContentDescriptor } from "./wire/content-descriptor.ts";
import type { FileReference } from "./wire/file-reference.ts";
import type { Entry } from "./wire/page.ts";

export interface RemoveFileOptions {
  /** Both of the own bucket. */
  readonly reader: RemoteReader;
  readonly writer: RemoteWriter;
  readonly crypto: CipherSuite;
  readonly random: Random;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Deletes a file that this home knows nothing of, such as one of a home that was lost: its reference leads to all of it. What the tree leads
 * to goes before the tree, so that the same call goes on after an interruption; what `FilePublisher.remove` removes is unreadable sooner.
 * Throws `FileSharingError`: `altered`, `descriptor-invalid`, `storage-failed`.
 */
export async function removeFile(reference: FileReference, options: RemoveFileOptions): Promise<void> {
  const root: Entry = { key: reference.rootKey, hash: reference.rootHash };
  const object = await read(root, options);
  if (object === undefined) return;
  const file = await openRoot(options.crypto, reference, object, cancel(options));
  await removeBelow(file, file.geometry.depth, 0, file.entries, options);
  await removeObjects(options, [pathOf(root, options)], cancel(options));
}

/** Everything that `entries`, of the page `index` of `level`, lead to. A page that is absent was the last of its part of the tree. */
async function removeBelow(
  file: ContentDescriptor,
  level: number,
  index: number,
  entries: readonly Entry[],
  options: RemoveFileOptions,
): Promise<void> {
  for (let i = 0; level > 1 && i < entries.length; i++) {
    const entry = entries[i] as Entry;
    const place = { level: level - 1, index: index * limits.fanout + i };
    const object = await read(entry, options);
    if (object === undefined) continue;
    const below = await openPage(options.crypto, file, place, entry, object, cancel(options));
    await removeBelow(file, place.level, place.index, below, options);
  }
  await removeObjects(
    options,
    entries.map((entry) => pathOf(entry, options)),
    cancel(options),
  );
}

const pathOf = (entry: Entry, { crypto }: RemoveFileOptions): Path => objectPath(crypto, entry.key);
const cancel = ({ signal }: RemoveFileOptions): { readonly signal?: AbortSignal } => (signal === undefined ? {} : { signal });

async function read(entry: Entry, options: RemoveFileOptions): Promise<Uint8Array | undefined> {
  const answer = await runTransfer((signal) => options.reader.read(pathOf(entry, options), { maxBytes: limits.page, signal }), options);
  return answer.kind === "found" ? answer.bytes : undefined;
}
