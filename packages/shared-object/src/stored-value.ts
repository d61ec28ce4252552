import { encodeBase32, utf8 } from "@cweb/crypto";
import { limits } from "./core/limits.ts";
import type { ObjectId } from "./core/object-id.ts";
import type { Content } from "./core/owned-object.ts";
import { cancel, type SharedObjectsOptions } from "./options.ts";
import { SharedObjectError } from "./shared-object-error.ts";
import { recordKinds } from "./wire/object-record.ts";

/** A value as its record carries it, and the file it is in, if it is large. */
export interface StoredValue {
  readonly value: Uint8Array;
  readonly content: Content;
  readonly fileId: string | null;
}

export function isTopic(topic: string): boolean {
  const { length } = utf8(topic);
  return topic.isWellFormed() && !topic.startsWith("\ufeff") && length > 0 && length <= limits.topic;
}

/**
 * Stores a large value as a file. The upload's name tells the value, and which version it is to follow: tried again it goes on, and two values that
 * are to follow the same version, of two processes or because the first one died, never stand for each other. Throws `SharedObjectError` `too-large`, and the port's errors. */
export async function storeValue(
  { files, crypto }: Pick<SharedObjectsOptions, "files" | "crypto">,
  { id, after, value }: { readonly id: ObjectId; readonly after: number; readonly value: Uint8Array },
  signal: AbortSignal | undefined,
): Promise<StoredValue> {
  const most = files ? limits.value : limits.inlineValue;
  if (value.length > most) {
    throw new SharedObjectError("too-large", `A value has at most ${most} bytes; this one has ${value.length}.`);
  }
  if (!files || value.length <= limits.inlineValue) return { value, content: { kind: recordKinds.value, bytes: value }, fileId: null };
  const { reference, fileId } = await files.publish(value, {
    key: `shared-object/${id}/${after}/${encodeBase32(crypto.sha256(value))}`,
    ...cancel(signal),
  });
  if (reference.length > limits.reference) {
    throw new SharedObjectError("too-large", `A file's reference has at most ${limits.reference} bytes.`);
  }
  return { value, content: { kind: recordKinds.fileReference, bytes: reference }, fileId };
}
