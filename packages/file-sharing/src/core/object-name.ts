import { type CipherSuite, concat, type Secret, u8, u64 } from "@cweb/crypto";
import { type Path, toPath } from "@cweb/storage-remote";
import { decodeFileId, type FileId } from "./file-id.ts";

const nothing: Uint8Array = new Uint8Array();

/** Which object of a file: level 0 is a chunk, above are pages. */
export interface Place {
  readonly level: number;
  readonly index: number;
  readonly log2: number;
}

/** The path of the object whose key is `key` (32 bytes): 32 characters, nothing of the file in them. */
export function objectPath(crypto: CipherSuite, key: Uint8Array): Path {
  return toPath(crypto.name(crypto.derive(key, "file/name", nothing, 32), nothing));
}

/** The sealing key of that object, 32 bytes. */
export function sealingKey(crypto: CipherSuite, key: Uint8Array): Secret {
  return crypto.derive(key, "file/enc", nothing, 32);
}

/** What binds a chunk or a page to its file and place (SPEC §4.1). */
export function placeAd(fileId: FileId, { level, index, log2 }: Place): Uint8Array {
  return concat(decodeFileId(fileId), u8(level), u64(index), u8(log2));
}

/** What binds the root to its file and its owner (32 bytes). */
export function rootAd(owner: Uint8Array, fileId: FileId): Uint8Array {
  return concat(owner, decodeFileId(fileId));
}
