import { decodeFileReference, formatFileReference } from "@cweb/file-sharing";
import { kinds } from "@cweb/session";
import { fileKind } from "./file-layer.ts";
import type { EventFile } from "./peer-event.ts";

/** What a message says, where its kind is known: a text, or a file. The reference has been read before. */
export function shownContent(number: number, payload: Uint8Array): { readonly text?: string; readonly file?: EventFile } {
  if (number === kinds.text.number) return { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload) };
  return number === fileKind.number ? { file: eventFile(payload) } : {};
}

export function eventFile(payload: Uint8Array): EventFile {
  const reference = decodeFileReference(payload);
  const { name, size, mime } = reference;
  return { reference: formatFileReference(reference), name, size, mime };
}
