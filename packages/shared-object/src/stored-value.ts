import { utf8 } from "@cweb/crypto";
import { limits } from "./core/limits.ts";
import type { ObjectId } from "./core/object-id.ts";
import type { Content } from "./core/owned-object.ts";
import { cancel, type ValueFiles } from "./options.ts";
import { SharedObjectError } from "./shared-object-error.ts";
import { recordKinds } from "./wire/object-record.ts";

export function isTopic(topic: string): boolean {
  const { length } = utf8(topic);
  return topic.isWellFormed() && length > 0 && length <= limits.topic;
}

/** A value as its record carries it; a large one is stored as a file first. Throws `SharedObjectError` `too-large`, and the port's errors. */
export async function storeValue(
  files: ValueFiles | undefined,
  { id, value }: { readonly id: ObjectId; readonly value: Uint8Array },
  signal: AbortSignal | undefined,
): Promise<{ readonly content: Content; readonly fileId: string | null }> {
  const most = files ? limits.value : limits.inlineValue;
  if (value.length > most) {
    throw new SharedObjectError("too-large", `A value has at most ${most} bytes; this one has ${value.length}.`);
  }
  if (!files || value.length <= limits.inlineValue) {
    return { content: { kind: recordKinds.value, bytes: value }, fileId: null };
  }
  const { reference, fileId } = await files.publish(value, { key: `shared-object/${id}`, ...cancel(signal) });
  return { content: { kind: recordKinds.fileReference, bytes: reference }, fileId };
}
