import { concat, pad, type Secret, sealOverhead, secret, unpad } from "@cweb/crypto";
import { limits } from "../core/limits.ts";
import { FileSharingError } from "../file-sharing-error.ts";

/** Leads to one chunk or page: 64 bytes. */
export interface Entry {
  /** 32 bytes: name and sealing key come from it. */
  readonly key: Secret;
  /** SHA-256 of the stored object, 32 bytes. */
  readonly hash: Uint8Array;
}

const half = limits.entry / 2;

/** The entries one after the other, key before hash. */
export function encodeEntries(entries: readonly Entry[]): Uint8Array {
  return concat(...entries.flatMap(({ key, hash }) => [key, hash]));
}

/** Reads whole entries: a multiple of 64 bytes. */
export function decodeEntries(bytes: Uint8Array): readonly Entry[] {
  return Array.from({ length: bytes.length / limits.entry }, (_, i) => {
    const at = i * limits.entry;
    return { key: secret(bytes.slice(at, at + half)), hash: bytes.slice(at + half, at + limits.entry) };
  });
}

/** A page before sealing, padded so that it is stored as 65,536 bytes. */
export function encodePage(entries: readonly Entry[]): Uint8Array {
  return pad(encodeEntries(entries), limits.page - sealOverhead);
}

/** Reads an authenticated page (65,464 bytes) that must hold `count` entries. Throws `FileSharingError` `descriptor-invalid`. */
export function decodePage(page: Uint8Array, count: number): readonly Entry[] {
  const packed = unpad(page);
  if (packed?.length !== count * limits.entry) {
    throw new FileSharingError("descriptor-invalid", "A page of the file has another number of entries than its size asks for.");
  }
  return decodeEntries(packed);
}
