import type { Picture, PictureType } from "../../src/index.ts";

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** What files of each type begin with. */
export const beginnings: Readonly<Record<PictureType, Uint8Array>> = {
  "image/png": latin1("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
  "image/jpeg": latin1("\xff\xd8\xff\xe0\0\x10JFIF\0"),
  "image/webp": latin1("RIFF\x24\0\0\0WEBPVP8 "),
  "image/avif": latin1("\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"),
  "image/gif": latin1("GIF89a\x01\0\x01\0"),
};

/** A picture of `length` bytes that begins as its type demands. */
export function pictureOf(mime: PictureType, length: number): Picture {
  const bytes = new Uint8Array(length);
  bytes.set(beginnings[mime].subarray(0, length));
  return { mime, bytes };
}
