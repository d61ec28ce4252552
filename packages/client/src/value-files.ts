import type { CipherSuite, Clock, Random } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import {
  bytesSource,
  decodeFileReference,
  encodeFileReference,
  type FilePublisher,
  FileSharingError,
  openFile,
  toFileId,
} from "@cweb/file-sharing";
import type { SharedObjectsOptions } from "@cweb/shared-object";
import type { RemoteReader } from "@cweb/storage-remote";
import type { Cancellable } from "./contact-book.ts";

export interface ValueFilesParts {
  readonly publisher: FilePublisher;
  readonly crypto: CipherSuite;
  readonly random: Random;
  readonly clock: Clock;
  readonly readerOf: (owner: CwebId, cancel: Cancellable) => Promise<RemoteReader | undefined>;
}

/** Begins the names of these uploads: those of applications begin otherwise. */
export const valueKey = "value:";
/** All of them, so that the size class of one value does not tell its neighbour's kind. */
const name = "value";
const mime = "application/octet-stream";

/** Values of shared objects that are too large for one object, as files of file-sharing. */
export function valueFiles({ publisher, crypto, random, clock, readerOf }: ValueFilesParts): NonNullable<SharedObjectsOptions["files"]> {
  return {
    async publish(value, { key, ...cancel }) {
      const { fileId, reference } = await publisher.publish(bytesSource(value), { name, mime, key: valueKey + key, ...cancel });
      if (!reference) throw new FileSharingError("corrupt-state", "A file that was published has no reference.");
      return { reference: encodeFileReference(reference), fileId };
    },
    async list(cancel) {
      const files = await publisher.list(cancel);
      return files.filter(({ key }) => key?.startsWith(valueKey)).map(({ fileId }) => fileId);
    },
    async remove(fileId, cancel) {
      try {
        await publisher.remove(toFileId(fileId), cancel);
      } catch (error) {
        if (!(error instanceof FileSharingError) || error.code !== "unknown-file") throw error;
      }
    },
    async read(encoded, owner, { maxBytes, ...cancel }) {
      const reference = decodeFileReference(encoded);
      if (reference.size > maxBytes) throw new FileSharingError("too-large", "The value is larger than values may be.");
      const from = await readerOf(owner, cancel);
      if (!from) throw new FileSharingError("not-found", "The owner of this value is no contact any more.");
      const file = await openFile(reference, { from, crypto, random, clock, ...cancel });
      try {
        return await file.read({ offset: 0, length: file.size }, cancel);
      } finally {
        await file.close();
      }
    },
  };
}
