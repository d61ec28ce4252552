import { type CipherSuite, equal, sealOverhead } from "@cweb/crypto";
import type { FileId } from "./core/file-id.ts";
import { chunkLength, contentLength, entriesOf, type Geometry } from "./core/geometry.ts";
import { placeAd, rootAd, sealingKey } from "./core/object-name.ts";
import { FileSharingError } from "./file-sharing-error.ts";
import { type ContentDescriptor, decodeContentDescriptor } from "./wire/content-descriptor.ts";
import type { FileReference } from "./wire/file-reference.ts";
import { decodePage, type Entry } from "./wire/page.ts";

/** What an object is in its file: the label and the associated data that it is sealed with. */
export interface Part {
  readonly label: "file/chunk" | "file/page" | "file/root";
  readonly associatedData: Uint8Array;
}

export interface Sealed {
  /** What is stored: 72 bytes more than the content. */
  readonly bytes: Uint8Array;
  /** SHA-256 of it. */
  readonly hash: Uint8Array;
}

interface Cancellable {
  readonly signal?: AbortSignal;
}

/** The chunk `index` (level 0), or a page. */
export function partAt(fileId: FileId, level: number, index: number, log2: number): Part {
  return { label: level === 0 ? "file/chunk" : "file/page", associatedData: placeAd(fileId, { level, index, log2 }) };
}

export function rootPart(owner: Uint8Array, fileId: FileId): Part {
  return { label: "file/root", associatedData: rootAd(owner, fileId) };
}

/** The same key and salt (24 bytes) give the same bytes for the same content. They must never leave this device with two contents. */
export async function sealPart(
  crypto: CipherSuite,
  part: Part,
  { key, salt }: { readonly key: Uint8Array; readonly salt: Uint8Array },
  content: Uint8Array,
  options: Cancellable = {},
): Promise<Sealed> {
  const bytes = await crypto.bulk.seal(part.label, sealingKey(crypto, key), part.associatedData, content, salt, options);
  return { bytes, hash: await crypto.bulk.sha256(bytes, options) };
}

const altered = (): FileSharingError =>
  new FileSharingError("altered", "What the storage holds in a place of this file is not what its owner stored there.");

/** Compares the hash before the cipher sees a byte: what is not the owner's object gets no further (SPEC §4.3). */
async function openPart(crypto: CipherSuite, part: Part, entry: Entry, object: Uint8Array, options: Cancellable): Promise<Uint8Array> {
  if (!equal(await crypto.bulk.sha256(object, options), entry.hash)) throw altered();
  const content = await crypto.bulk.open(part.label, sealingKey(crypto, entry.key), part.associatedData, object, options);
  if (content === undefined) throw altered();
  return content;
}

/** How long the object of a chunk is as it is stored. */
export function storedChunkLength(geometry: Geometry, index: number): number {
  return chunkLength(geometry, index) + sealOverhead;
}

/**
 * The file's bytes in the chunk `index`, without the padding behind them (none of a chunk that is padding alone). Throws `FileSharingError`
 * `altered` where the object is not the one that `entry` names, or its padding is not zeros.
 */
export async function openChunk(
  crypto: CipherSuite,
  { fileId, geometry }: { readonly fileId: FileId; readonly geometry: Geometry },
  index: number,
  entry: Entry,
  object: Uint8Array,
  options: Cancellable = {},
): Promise<Uint8Array> {
  if (object.length !== storedChunkLength(geometry, index)) throw altered();
  const content = await openPart(crypto, partAt(fileId, 0, index, geometry.log2), entry, object, options);
  const length = contentLength(geometry, index);
  if (content.subarray(length).some((byte) => byte !== 0)) throw altered();
  return content.subarray(0, length);
}

/** The entries of a page (level 1 to depth - 1). Throws `FileSharingError`: `altered`; `descriptor-invalid` where its owner made it wrongly. */
export async function openPage(
  crypto: CipherSuite,
  { fileId, geometry }: { readonly fileId: FileId; readonly geometry: Geometry },
  { level, index }: { readonly level: number; readonly index: number },
  entry: Entry,
  object: Uint8Array,
  options: Cancellable = {},
): Promise<readonly Entry[]> {
  const page = await openPart(crypto, partAt(fileId, level, index, geometry.log2), entry, object, options);
  return decodePage(page, entriesOf(geometry, level, index));
}

/** The root that a reference names. Throws `FileSharingError`: `altered` where anything of it disagrees with the reference; `descriptor-invalid`. */
export async function openRoot(
  crypto: CipherSuite,
  reference: FileReference,
  object: Uint8Array,
  options: Cancellable = {},
): Promise<ContentDescriptor> {
  const entry: Entry = { key: reference.rootKey, hash: reference.rootHash };
  const root = await openPart(crypto, rootPart(reference.owner, reference.fileId), entry, object, options);
  return decodeContentDescriptor(root, reference);
}
