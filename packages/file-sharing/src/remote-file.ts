import { type CipherSuite, type Clock, type Random, release } from "@cweb/crypto";
import { type Path, type RemoteReader, StorageRemoteError } from "@cweb/storage-remote";
import { placeOf } from "./core/geometry.ts";
import { limits } from "./core/limits.ts";
import { objectPath } from "./core/object-name.ts";
import { FileSharingError } from "./file-sharing-error.ts";
import { openChunk, openPage, openRoot, storedChunkLength } from "./sealing.ts";
import { runTransfer } from "./transfer.ts";
import type { ContentDescriptor } from "./wire/content-descriptor.ts";
import type { FileReference } from "./wire/file-reference.ts";
import type { Entry } from "./wire/page.ts";

/** What reading a file takes: its owner's bucket, and the tools. */
export interface ReadingPorts {
  readonly from: RemoteReader;
  readonly crypto: CipherSuite;
  readonly clock: Clock;
  readonly random: Random;
}

/** Pages kept at a time, of about 400 KB each: a path through the tree and what a stream or a seek meets next. */
const keptPages = 8;
const saltLength = 24;

export interface FetchedChunk {
  /** The file's bytes, authenticated. */
  readonly content: Uint8Array;
  /** 24 bytes: with it and the chunk's entry the content can be authenticated again without the object. */
  readonly salt: Uint8Array;
}

/** Fetches the root, in one request that is tried again, and checks it. Throws `not-found`, `altered`, `descriptor-invalid`, `storage-failed`. */
export async function openRemoteFile(
  reference: FileReference,
  ports: ReadingPorts,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<RemoteFile> {
  const path = objectPath(ports.crypto, reference.rootKey);
  const descriptor = await runTransfer(
    async (stop) => {
      const object = await fetchObject(ports.from, path, limits.page, stop);
      if (object === undefined) throw notFound();
      return openRoot(ports.crypto, reference, object, { signal: stop });
    },
    { ...ports, signal },
  );
  return new RemoteFile(reference, descriptor, ports);
}

const notFound = (): FileSharingError =>
  new FileSharingError("not-found", "This file is not there: its owner has deleted it, or it is stored somewhere else.");

/** The whole object; `undefined` where it is absent, or refused, which looks the same on stores whose readers may not list. */
async function fetchObject(from: RemoteReader, path: Path, maxBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    const answer = await from.read(path, { maxBytes, signal });
    return answer.kind === "found" ? answer.bytes : undefined;
  } catch (error) {
    if (!(error instanceof StorageRemoteError) || error.code !== "too-large") throw error;
    throw new FileSharingError("altered", "What the storage holds in a place of this file is longer than what its owner stored.", {
      cause: error,
    });
  }
}

/** One file in its owner's bucket, its root read: finds its way from there to chunks. */
export class RemoteFile {
  readonly reference: FileReference;
  readonly descriptor: ContentDescriptor;
  readonly ports: ReadingPorts;
  /** Newest last. */
  readonly #pages = new Map<string, readonly Entry[]>();

  constructor(reference: FileReference, descriptor: ContentDescriptor, ports: ReadingPorts) {
    this.reference = reference;
    this.descriptor = descriptor;
    this.ports = ports;
  }

  /** The entry of a chunk: at most depth - 1 requests, each tried again; none where the pages on the way are still there. */
  async locate(chunk: number, signal: AbortSignal | undefined): Promise<Entry> {
    let { entries } = this.descriptor;
    for (let level = this.descriptor.geometry.depth; level > 1; level--) {
      const { page: index } = placeOf(level - 1, chunk);
      entries = await this.#page(level - 1, index, entryIn(entries, placeOf(level, chunk).place), signal);
    }
    return entryIn(entries, placeOf(1, chunk).place);
  }

  async #page(level: number, index: number, entry: Entry, signal: AbortSignal | undefined): Promise<readonly Entry[]> {
    const name = `${level}/${index}`;
    const kept = this.#pages.get(name);
    this.#pages.delete(name);
    const page = kept ?? (await runTransfer((stop) => this.#fetchPage(level, index, entry, stop), { ...this.ports, signal }));
    this.#pages.set(name, page);
    for (const oldest of this.#pages.keys()) if (this.#pages.size > keptPages) this.#pages.delete(oldest);
    return page;
  }

  async #fetchPage(level: number, index: number, entry: Entry, signal: AbortSignal): Promise<readonly Entry[]> {
    const { crypto, from } = this.ports;
    const object = await fetchObject(from, objectPath(crypto, entry.key), limits.page, signal);
    if (object === undefined) throw await this.#missing(signal);
    return openPage(crypto, this.descriptor, { level, index }, entry, object, { signal });
  }

  /** One request for the chunk that `entry`, from `locate`, leads to. Throws `altered`, `chunk-missing`, `not-found`, `StorageRemoteError`. */
  async fetchChunk(chunk: number, entry: Entry, signal: AbortSignal): Promise<FetchedChunk> {
    const { crypto, from } = this.ports;
    const object = await fetchObject(from, objectPath(crypto, entry.key), storedChunkLength(this.descriptor.geometry, chunk), signal);
    if (object === undefined) throw await this.#missing(signal);
    const content = await openChunk(crypto, this.descriptor, chunk, entry, object, { signal });
    const salt = object.slice(0, saltLength);
    release(object);
    return { content, salt };
  }

  /** Where the root has gone as well, the owner has deleted the file meanwhile. */
  async #missing(signal: AbortSignal): Promise<FileSharingError> {
    const root = await fetchObject(this.ports.from, objectPath(this.ports.crypto, this.reference.rootKey), limits.page, signal);
    if (root === undefined) return notFound();
    return new FileSharingError("chunk-missing", "The storage does not have all parts of this file: ask its owner to share it again.");
  }
}

function entryIn(entries: readonly Entry[], place: number): Entry {
  const entry = entries[place];
  if (entry === undefined) throw new RangeError("no such chunk");
  return entry;
}
