/** UTF-8 bytes: leaves room, below the 255 of common file systems, for what a partial file's name adds. */
const longest = 200;
const longestExtension = 16;
const fallback = "file";

// Separators and what Windows refuses; control, format (bidirectional overrides among them), line and paragraph characters, lone surrogates.
// The two joiners that scripts and emoji are written with stay.
const forbidden = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}/\\:*?"<>|]/gu;
// Hidden files, and what a command would take for an option.
const badStart = /^[.\-~\s]+/u;
const badEnd = /[.\s]+$/u;
const reserved = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/iu;

const bytesIn = (text: string): number => new TextEncoder().encode(text).length;

/** The longest beginning of `text` that has at most `bytes` bytes and does not cut a character. */
function beginning(text: string, bytes: number): string {
  let kept = "";
  let length = 0;
  for (const character of text) {
    length += bytesIn(character);
    if (length > bytes) break;
    kept += character;
  }
  return kept;
}

function shortened(name: string): string {
  if (bytesIn(name) <= longest) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && bytesIn(name.slice(dot)) <= longestExtension ? name.slice(dot) : "";
  return beginning(name.slice(0, name.length - extension.length), longest - bytesIn(extension)).replace(badEnd, "") + extension;
}

/**
 * What a name from a stranger becomes on a disk: one component of a path, 1 to 200 bytes of UTF-8, without separators, control or
 * direction-changing characters, not hidden, not reserved by Windows, without dots or spaces at its end. A safe name stays as it is.
 */
export function safeFileName(name: string): string {
  const plain = name.replace(forbidden, "_").replace(badStart, "").replace(badEnd, "");
  const short = shortened(plain).replace(badEnd, "");
  if (short === "") return fallback;
  return reserved.test(short) ? shortened(`_${short}`) : short;
}
