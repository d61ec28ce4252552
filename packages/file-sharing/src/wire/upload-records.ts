import {
  array,
  bytes,
  bytesUpTo,
  type Codec,
  codec,
  literal,
  mapped,
  nullable,
  SerializationError,
  struct,
  text,
  u64,
  uint,
  type WireType,
} from "@cweb/serialization";
import { type Path, toPath } from "@cweb/storage-remote";
import type { FileId } from "../core/file-id.ts";
import { limits } from "../core/limits.ts";
import type { UploadEntry, UploadHead } from "../core/upload.ts";
import { FileSharingError } from "../file-sharing-error.ts";
import { fileIdType } from "./file-reference.ts";
import { mimeType, nameType } from "./text-fields.ts";

/** Objects of one segment record: few enough to write it anew with each change, enough to commit many changes at once. */
export const segmentLength = 64;

const padded = (value: number): string => String(value).padStart(16, "0");

/** Names of the records of published files in the local store. */
export const names = {
  heads: "file/own/",
  head: (fileId: FileId): string => `file/own/${fileId}`,
  /** `digest`: 52 characters that stand for the caller's key. */
  key: (digest: string): string => `file/key/${digest}`,
  recipients: (fileId: FileId): string => `file/sent/${fileId}`,
  level: (fileId: FileId, level: number): string => `file/up/${fileId}/${level}/`,
  segment: (fileId: FileId, level: number, segment: number): string => `file/up/${fileId}/${level}/${padded(segment)}`,
  deletions: "file/del/",
  /** Sorts behind every deletion that is due until then, and before the others. */
  deletionsUntil: (time: number): string => `file/del/${padded(time)}~`,
  deletion: (notBefore: number, first: Path): string => `file/del/${padded(notBefore)}/${first}`,
};

const maybe = <T>(type: WireType<T>): WireType<T | undefined> =>
  mapped(
    nullable(type),
    (value) => value ?? undefined,
    (value) => value ?? null,
  );

const states = ["uploading", "published", "removing"] as const;
const stateType: WireType<UploadHead["state"]> = mapped(
  uint(states.length - 1),
  (index) => states[index] as UploadHead["state"],
  (state) => states.indexOf(state),
);

const headCodec = codec(
  struct({
    version: literal(1),
    state: stateType,
    fileId: fileIdType,
    key: maybe(text(4 * limits.key)),
    name: nameType,
    mime: mimeType,
    mtime: maybe(u64),
    log2: uint(limits.maxLog2),
    size: maybe(u64),
    fingerprint: maybe(text(4 * limits.fingerprint)),
    run: bytes(16),
    content: uint(),
    createdAt: u64,
    finishedAt: maybe(u64),
    reference: maybe(bytesUpTo(limits.reference)),
  }),
  { maxBytes: 16_384 },
);

const keyCodec = codec(struct({ version: literal(1), fileId: fileIdType }), { maxBytes: 64 });
const recipientsCodec = codec(struct({ version: literal(1), recipients: array(text(4 * limits.recipient), limits.recipients) }), {
  maxBytes: 8_388_608,
});
const pathType: WireType<Path> = mapped(text(512), toPath, (path: Path) => path as string);
const deletionCodec = codec(struct({ version: literal(1), paths: array(pathType, segmentLength) }), { maxBytes: 65_536 });

// state u8 ‖ content u32 ‖ key ‖ salt ‖ hash
const entryLength = 1 + 4 + 32 + 24 + 32;
const segmentCodec = codec(struct({ version: literal(1), entries: bytesUpTo(segmentLength * entryLength, segmentLength * entryLength) }), {
  maxBytes: 8_192,
});

/** What this home wrote itself: unreadable means that the store is damaged, or written by a later version. */
function decodeRecord<T>(type: Codec<T>, record: Uint8Array): T {
  try {
    return type.decode(record);
  } catch (cause) {
    if (!(cause instanceof SerializationError)) throw cause;
    throw corrupt(cause);
  }
}

export function corrupt(cause?: unknown): FileSharingError {
  return new FileSharingError("corrupt-state", "A record of a shared file in this home cannot be read: restore the home from a backup.", {
    cause,
  });
}

export const encodeHead = (head: UploadHead): Uint8Array => headCodec.encode({ version: 1, ...head });
export function decodeHead(record: Uint8Array): UploadHead {
  const { version: _, ...head } = decodeRecord(headCodec, record);
  return head;
}

export const encodeKey = (fileId: FileId): Uint8Array => keyCodec.encode({ version: 1, fileId });
export const decodeKey = (record: Uint8Array): FileId => decodeRecord(keyCodec, record).fileId;

export const encodeRecipients = (recipients: readonly string[]): Uint8Array => recipientsCodec.encode({ version: 1, recipients });
export const decodeRecipients = (record: Uint8Array): readonly string[] => decodeRecord(recipientsCodec, record).recipients;

export const encodeDeletion = (paths: readonly Path[]): Uint8Array => deletionCodec.encode({ version: 1, paths });
export const decodeDeletion = (record: Uint8Array): readonly Path[] => decodeRecord(deletionCodec, record).paths;

/** The objects of one segment; a hole is one of which nothing was begun. */
export type Segment = (UploadEntry | undefined)[];

export function encodeSegment(segment: Segment): Uint8Array {
  const entries = new Uint8Array(segmentLength * entryLength);
  const view = new DataView(entries.buffer);
  segment.forEach((entry, i) => {
    if (entry === undefined) return;
    const at = i * entryLength;
    view.setUint8(at, entry.state === "reserved" ? 1 : 2);
    view.setUint32(at + 1, entry.content);
    entries.set(entry.key, at + 5);
    entries.set(entry.salt, at + 37);
    entries.set(entry.hash, at + 61);
  });
  return segmentCodec.encode({ version: 1, entries });
}

export function decodeSegment(record: Uint8Array): Segment {
  const { entries } = decodeRecord(segmentCodec, record);
  const view = new DataView(entries.buffer, entries.byteOffset);
  return Array.from({ length: segmentLength }, (_, i) => {
    const at = i * entryLength;
    const state = view.getUint8(at);
    if (state === 0) return undefined;
    if (state > 2) throw corrupt();
    return {
      state: state === 1 ? "reserved" : "stored",
      content: view.getUint32(at + 1),
      key: entries.slice(at + 5, at + 37),
      salt: entries.slice(at + 37, at + 61),
      hash: entries.slice(at + 61, at + 93),
    };
  });
}
