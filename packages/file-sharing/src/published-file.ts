import type { LocalStore } from "@cweb/storage-local";
import type { FileId } from "./core/file-id.ts";
import { isThere, type UploadHead } from "./core/upload.ts";
import { decodeFileReference, type FileReference } from "./wire/file-reference.ts";
import { decodeRecipients, decodeSegment, names } from "./wire/upload-records.ts";

/** A file of one's own that is shared, is on its way to be, or is about to go. */
export interface PublishedFile {
  readonly fileId: FileId;
  /** `removing`: its root may be gone already; `tidy` goes on with it. */
  readonly state: "uploading" | "published" | "removing";
  /** What recipients need to read it, once it is published. */
  readonly reference: FileReference | undefined;
  readonly name: string;
  readonly mime: string;
  /** Milliseconds since 1970, as the publisher was told. */
  readonly mtime: number | undefined;
  /** The caller's name of the upload. */
  readonly key: string | undefined;
  /** Bytes; unknown of a stream whose end has not come. */
  readonly size: number | undefined;
  /** Bytes of it that are stored. */
  readonly done: number;
  /** Milliseconds since 1970. */
  readonly publishedAt: number | undefined;
  /** Whom it was sent to, as the application has told by `markSent`. */
  readonly recipients: readonly string[];
}

interface Cancellable {
  readonly signal?: AbortSignal;
}

const segmentsAtOnce = 32;

async function storedBytes(local: LocalStore, head: UploadHead, options: Cancellable): Promise<number> {
  let chunks = 0;
  let after: string | undefined;
  do {
    const records = await local.scan(names.level(head.fileId, 0), {
      limit: segmentsAtOnce,
      ...(after !== undefined && { after }),
      ...options,
    });
    for (const { bytes } of records) chunks += decodeSegment(bytes).filter((entry) => isThere(entry, head)).length;
    after = records.at(-1)?.name;
  } while (after !== undefined);
  return Math.min(chunks * 2 ** head.log2, head.size ?? Number.MAX_SAFE_INTEGER);
}

/** What an application is shown of a head. */
export async function publishedFile(local: LocalStore, head: UploadHead, options: Cancellable = {}): Promise<PublishedFile> {
  const { fileId, state, name, mime, mtime, key, size, finishedAt } = head;
  const recipients = (await local.load([names.recipients(fileId)], options)).get(names.recipients(fileId));
  const isPublished = state === "published" && head.reference !== undefined;
  return {
    fileId,
    state,
    reference: isPublished ? decodeFileReference(head.reference) : undefined,
    name,
    mime,
    mtime,
    key,
    size,
    done: isPublished ? (size ?? 0) : await storedBytes(local, head, options),
    publishedAt: isPublished ? finishedAt : undefined,
    recipients: recipients === undefined ? [] : decodeRecipients(recipients.bytes),
  };
}
