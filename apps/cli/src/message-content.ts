import type { MessageEvent } from "@cweb/client";

/** What a message says: a text, a file, or what only an application can read. */
export function messageContent({ text, file, number, payload }: Pick<MessageEvent, "text" | "file" | "number" | "payload">): object {
  if (file) return { file: { reference: file.reference, name: file.name, size: file.size, mime: file.mime } };
  // Kinds without a text belong to applications; their bytes are handed on as they are.
  return text === undefined ? { number, payload: Buffer.from(payload).toString("base64") } : { text };
}
