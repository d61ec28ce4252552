import { type CipherSuite, concat, encodeBase32, secret, u8, u64, utf8 } from "@cweb/crypto";
import { encodeFileId, type FileId } from "../src/core/file-id.ts";
import { chunkLength, contentLength, countAt, entriesOf, type Geometry, geometryOf, padme } from "../src/core/geometry.ts";
import { objectPath } from "../src/core/object-name.ts";
import type { UploadEntry, UploadHead } from "../src/core/upload.ts";
import { encodeFileReference, type FileReference, formatFileReference } from "../src/index.ts";
import { type Part, partAt, rootPart, sealPart } from "../src/sealing.ts";
import { encodeContentDescriptor } from "../src/wire/content-descriptor.ts";
import { type Entry, encodePage } from "../src/wire/page.ts";
import { encodeDeletion, encodeHead, encodeKey, encodeRecipients, encodeSegment, type Segment } from "../src/wire/upload-records.ts";

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Byte i of every vector's content is (7 i + floor(i / 251)) mod 256. */
export function contentOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => 7 * i + Math.floor(i / 251));
}

interface StoredVector {
  readonly level: number;
  readonly index: number;
  readonly key: string;
  readonly salt: string;
  readonly path: string;
  readonly length: number;
  readonly hash: string;
}

/** A whole file with keys and salts that anybody can compute: the objects in the order of their making, and the reference. */
export class VectorFile {
  readonly objects: Map<string, Uint8Array> = new Map();
  readonly vectors: StoredVector[] = [];
  readonly #crypto: CipherSuite;
  readonly #fileId: FileId;

  constructor(crypto: CipherSuite, fileId: FileId) {
    this.#crypto = crypto;
    this.#fileId = fileId;
  }

  /** key = SHA-256("key" ‖ the 26 characters of the fileId ‖ u8 level ‖ u64 index), salt = the first 24 bytes of SHA-256("salt" ‖ the same). */
  async store(part: Part, level: number, index: number, content: Uint8Array): Promise<Entry> {
    const place = concat(utf8(this.#fileId), u8(level), u64(index));
    const key = this.#crypto.sha256(concat(utf8("key"), place));
    const salt = this.#crypto.sha256(concat(utf8("salt"), place)).slice(0, 24);
    const { bytes, hash } = await sealPart(this.#crypto, part, { key, salt }, content);
    const path = objectPath(this.#crypto, key);
    this.objects.set(path, bytes);
    this.vectors.push({ level, index, key: hex(key), salt: hex(salt), path, length: bytes.length, hash: hex(hash) });
    return { key: secret(key), hash };
  }

  async storeAll(size: number, log2: number, owner: Uint8Array): Promise<FileReference> {
    const geometry = geometryOf(size, log2);
    let below = await this.#storeChunks(geometry);
    for (let level = 1; level < geometry.depth; level++) below = await this.#storePages(geometry, level, below);
    const about = { fileId: this.#fileId, name: "vector", mime: "application/x-cweb", mtime: 1_767_225_600_000 };
    const root = encodeContentDescriptor({ ...about, geometry, entries: below });
    const { key, hash } = await this.store(rootPart(owner, this.#fileId), geometry.depth, 0, root);
    return { owner, fileId: this.#fileId, rootKey: key, rootHash: hash, size, name: about.name, mime: about.mime };
  }

  async #storeChunks(geometry: Geometry): Promise<readonly Entry[]> {
    const whole = contentOf(geometry.size);
    const entries: Entry[] = [];
    for (let index = 0; index < geometry.totalChunks; index++) {
      const padded = new Uint8Array(chunkLength(geometry, index));
      const from = index * 2 ** geometry.log2;
      padded.set(whole.subarray(from, from + contentLength(geometry, index)));
      entries.push(await this.store(partAt(this.#fileId, 0, index, geometry.log2), 0, index, padded));
    }
    return entries;
  }

  async #storePages(geometry: Geometry, level: number, below: readonly Entry[]): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    for (let index = 0; index < countAt(geometry, level); index++) {
      const some = below.slice(index * 960, index * 960 + entriesOf(geometry, level, index));
      entries.push(await this.store(partAt(this.#fileId, level, index, geometry.log2), level, index, encodePage(some)));
    }
    return entries;
  }
}

interface Vectors {
  readonly padme: readonly { readonly size: number; readonly padded: number }[];
  readonly references: readonly { readonly bytes: string; readonly text: string }[];
  readonly files: readonly object[];
  readonly records: Readonly<Record<"head" | "unfinishedHead" | "key" | "recipients" | "deletion" | "segment", string>>;
}

const sizes = [0, 1, 4_095, 4_096, 4_097, 5_000, 65_535, 65_536, 65_537, 1_048_577, 2 ** 30 + 1, 2 ** 40 - 1, 2 ** 49];

/** The whole of file-sharing.json. */
export async function makeVectors(crypto: CipherSuite): Promise<Vectors> {
  const owner = crypto.sha256(utf8("owner"));
  const files: object[] = [];
  for (const [number, [size, log2]] of (
    [
      [0, 10],
      [5_000, 10],
      [3_000, 12],
      [960 * 1_024 + 1, 10],
    ] as const
  ).entries()) {
    const fileId = encodeFileId(crypto.sha256(utf8(`file ${number}`)).slice(0, 16));
    const file = new VectorFile(crypto, fileId);
    const reference = await file.storeAll(size, log2, owner);
    const { depth } = geometryOf(size, log2);
    // Of many chunks the first and the last ones stand for all: the root's hash depends on every one.
    const shown = file.vectors.filter(({ level, index }) => level > 0 || index < 5 || index > 973);
    files.push({
      size,
      log2,
      depth,
      owner: hex(owner),
      fileId: encodeBase32(crypto.sha256(utf8(`file ${number}`)).slice(0, 16)),
      contentHash: hex(crypto.sha256(contentOf(size))),
      objects: shown,
      reference: { bytes: hex(encodeFileReference(reference)), text: formatFileReference(reference) },
    });
  }
  return {
    padme: sizes.map((size) => ({ size, padded: padme(size) })),
    references: referenceVectors(crypto).map((reference) => ({
      bytes: hex(encodeFileReference(reference)),
      text: formatFileReference(reference),
    })),
    files,
    records: recordVectors(crypto),
  };
}

/** What a home of this version has written: later ones must read it. */
function recordVectors(crypto: CipherSuite): Vectors["records"] {
  const fileId = encodeFileId(new Uint8Array(16).fill(2));
  const head: UploadHead = {
    state: "published",
    fileId,
    key: "/home/ada/a",
    name: "a",
    mime: "text/plain",
    mtime: 5,
    log2: 20,
    size: 7,
    fingerprint: "7-5-1-2",
    run: new Uint8Array(16).fill(1),
    content: 3,
    createdAt: 1_767_225_600_000,
    finishedAt: 1_767_225_600_001,
    reference: encodeFileReference(referenceVectors(crypto)[0] as FileReference),
  };
  const unknown = {
    key: undefined,
    mtime: undefined,
    size: undefined,
    fingerprint: undefined,
    finishedAt: undefined,
    reference: undefined,
  };
  const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
  const entry: UploadEntry = { state: "stored", content: 3, key: fill(32, 4), salt: fill(24, 5), hash: fill(32, 6) };
  const segment: Segment = Array.from<undefined>({ length: 64 });
  segment[1] = entry;
  segment[63] = { ...entry, state: "reserved", content: 4_294_967_295 };
  return {
    head: hex(encodeHead(head)),
    unfinishedHead: hex(encodeHead({ ...head, ...unknown, state: "uploading" })),
    key: hex(encodeKey(fileId)),
    recipients: hex(encodeRecipients(["bob", "carol"])),
    deletion: hex(encodeDeletion([objectPath(crypto, fill(32, 4))])),
    segment: hex(encodeSegment(segment)),
  };
}

function referenceVectors(crypto: CipherSuite): readonly FileReference[] {
  const base = {
    owner: new Uint8Array(32).fill(1),
    fileId: encodeFileId(new Uint8Array(16).fill(2)),
    rootKey: secret(new Uint8Array(32).fill(3)),
    rootHash: new Uint8Array(32).fill(4),
  };
  return [
    { ...base, size: 0, name: "a", mime: "text/plain" },
    { ...base, size: 2 ** 49, name: "\u{1f600}".repeat(63), mime: "x".repeat(127) },
    { ...base, owner: crypto.sha256(utf8("o")), size: 4_294_967_296, name: "../Zoë.mp4", mime: "video/mp4" },
  ];
}
