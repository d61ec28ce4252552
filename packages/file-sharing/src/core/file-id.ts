import { decodeBase32, encodeBase32 } from "@cweb/crypto";
import { FileSharingError } from "../file-sharing-error.ts";

/** Names one file of one owner: 16 random bytes as 26 characters of base32. */
export type FileId = string & { readonly __brand: "FileId" };

const fileIdLength = 16;

/** Throws `RangeError` unless there are 16 bytes. */
export function encodeFileId(bytes: Uint8Array): FileId {
  if (bytes.length !== fileIdLength) throw new RangeError("a file's id has 16 bytes");
  return encodeBase32(bytes) as FileId;
}

/** The 16 bytes. */
export function decodeFileId(fileId: FileId): Uint8Array {
  return decodeBase32(fileId) as Uint8Array;
}

/** Reads the id of a file. Throws `FileSharingError` `unknown-file` for a text that is none. */
export function toFileId(text: string): FileId {
  if (text.length > 26 || decodeBase32(text)?.length !== fileIdLength) {
    throw new FileSharingError("unknown-file", "This is no id of a file: an id has 26 letters and digits.");
  }
  return text as FileId;
}
