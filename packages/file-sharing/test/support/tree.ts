import { type CipherSuite, cipherSuite, concat, secret } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import type { Path } from "@cweb/storage-remote";
import { type MemoryBucket, memoryBucket } from "@cweb/storage-remote/memory";
import { encodeFileId } from "../../src/core/file-id.ts";
import { chunkLength, countAt, entriesOf, type Geometry, geometryOf } from "../../src/core/geometry.ts";
import { limits } from "../../src/core/limits.ts";
import { objectPath } from "../../src/core/object-name.ts";
import { type Part, partAt, rootPart, sealPart } from "../../src/sealing.ts";
import { type ContentDescriptor, encodeContentDescriptor } from "../../src/wire/content-descriptor.ts";
import type { FileReference } from "../../src/wire/file-reference.ts";
import { type Entry, encodePage } from "../../src/wire/page.ts";

/** One object of a file in a bucket. */
export interface TreeObject {
  readonly level: number;
  readonly index: number;
  readonly path: Path;
}

export interface Tree {
  readonly content: Uint8Array;
  readonly geometry: Geometry;
  readonly reference: FileReference;
  /** Chunks first, in order; the root last. */
  readonly objects: readonly TreeObject[];
  path(level: number, index: number): Path;
}

export interface TreeOptions {
  readonly bucket?: MemoryBucket;
  readonly seed?: number;
  /** Default 10: chunks of 1 KiB. */
  readonly log2?: number;
  readonly name?: string;
  readonly mime?: string;
  readonly mtime?: number;
  /** Makes a broken owner of an honest one. */
  readonly change?: {
    readonly chunk?: (index: number, chunk: Uint8Array) => Uint8Array;
    readonly page?: (level: number, index: number, page: Uint8Array) => Uint8Array;
    readonly descriptor?: (descriptor: ContentDescriptor) => ContentDescriptor;
    readonly root?: (root: Uint8Array) => Uint8Array;
  };
}

/** Content that differs at every place. */
export function contentOf(size: number, seed = 1): Uint8Array {
  const block = seededRandom(1_000_000 + seed).bytes(Math.min(size, 4096));
  const content = new Uint8Array(size);
  for (let at = 0; at < size; at += 4096) {
    content.set(block.subarray(0, Math.min(4096, size - at)), at);
    content.set(new Uint8Array(new Uint32Array([at]).buffer).subarray(0, Math.min(4, size - at)), at);
  }
  return content;
}

/** Builds a file's objects by the letter of the SPEC, without the publisher: so that broken ones can be made as well. */
export async function plant(content: Uint8Array, options: TreeOptions = {}): Promise<Tree & { readonly bucket: MemoryBucket }> {
  const { bucket = memoryBucket(), seed = 1, log2 = 10, name = "file.bin", mime = "application/octet-stream", mtime, change } = options;
  const crypto: CipherSuite = cipherSuite;
  const random = seededRandom(seed);
  const geometry = geometryOf(content.length, log2);
  const fileId = encodeFileId(random.bytes(16));
  const owner = random.bytes(32);
  const objects: TreeObject[] = [];

  const store = async (level: number, index: number, part: Part, plain: Uint8Array): Promise<Entry> => {
    const key = secret(random.bytes(32));
    const { bytes, hash } = await sealPart(crypto, part, { key, salt: random.bytes(24) }, plain);
    const path = objectPath(crypto, key);
    await bucket.writer.write(path, bytes);
    objects.push({ level, index, path });
    return { key, hash };
  };

  let entries: Entry[] = [];
  for (let chunk = 0; chunk < geometry.totalChunks; chunk++) {
    const start = chunk * 2 ** log2;
    const plain = concat(content.subarray(start, start + 2 ** log2), new Uint8Array(2 ** log2)).subarray(0, chunkLength(geometry, chunk));
    entries.push(await store(0, chunk, partAt(fileId, 0, chunk, log2), change?.chunk?.(chunk, plain) ?? plain));
  }
  for (let level = 1; level < geometry.depth; level++) {
    const above: Entry[] = [];
    for (let index = 0; index < countAt(geometry, level); index++) {
      const start = index * limits.fanout;
      const page = encodePage(entries.slice(start, start + entriesOf(geometry, level, index)));
      above.push(await store(level, index, partAt(fileId, level, index, log2), change?.page?.(level, index, page) ?? page));
    }
    entries = above;
  }
  const descriptor: ContentDescriptor = { fileId, geometry, name, mime, mtime, entries };
  const root = encodeContentDescriptor(change?.descriptor?.(descriptor) ?? descriptor);
  const { key: rootKey, hash: rootHash } = await store(geometry.depth, 0, rootPart(owner, fileId), change?.root?.(root) ?? root);
  const reference: FileReference = { owner, fileId, rootKey, rootHash, size: content.length, name, mime };
  const path = (level: number, index: number): Path => {
    const found = objects.find((object) => object.level === level && object.index === index);
    if (found === undefined) throw new RangeError(`no object ${level}/${index}`);
    return found.path;
  };
  return { content, geometry, reference, objects, path, bucket };
}
