import { type Secret, secret } from "@cweb/crypto";
import { bytes, type Codec, mapped, SerializationError, type WireType } from "@cweb/serialization";
import { SharedObjectError } from "../shared-object-error.ts";

/** 32 bytes that are never shown. */
export const secret32: WireType<Secret> = mapped(bytes(32), secret, (key) => key);

/** What a stranger wrote; `undefined` for anything that is not exactly that. */
export function tryDecode<T>(from: Codec<T>, encoded: Uint8Array): T | undefined {
  try {
    return from.decode(encoded);
  } catch (error) {
    if (error instanceof SerializationError) return undefined;
    throw error;
  }
}

/** What this home wrote itself: unreadable means that the store is damaged or written by a later version. */
export function decodeOwn<T>(name: string, from: Codec<T>, record: Uint8Array): T {
  try {
    return from.decode(record);
  } catch (cause) {
    if (!(cause instanceof SerializationError)) throw cause;
    throw new SharedObjectError("corrupt-state", `The record ${name} of this home cannot be read. Restore the home from a backup.`, {
      cause,
    });
  }
}
