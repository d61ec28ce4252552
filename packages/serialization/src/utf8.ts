const continuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** The length of the well-formed sequence at `at`, 0 if there is none (RFC 3629 §4, table of well-formed sequences). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0xff;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const second = bytes[at + 1];
  if (second === undefined || !continuation(second)) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) {
    if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return 0;
    return continuation(bytes[at + 2]) ? 3 : 0;
  }
  if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return 0;
  return continuation(bytes[at + 2]) && continuation(bytes[at + 3]) ? 4 : 0;
}

/** Whether `bytes[start..end)` is well-formed UTF-8 that does not begin with a byte order mark (SPEC §3.3). */
export function isStrictUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) return false;
  let at = start;
  while (at < end) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return false;
    at += length;
  }
  return at === end;
}

/** The number of UTF-8 bytes of `text`; -1 if it has an unpaired surrogate or begins with U+FEFF. */
export function utf8Length(text: string): number {
  if (text.charCodeAt(0) === 0xfeff) return -1;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (unit < 0xd800 || unit > 0xdfff) length += 3;
    else {
      const next = text.charCodeAt(++i);
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return -1;
      length += 4;
    }
  }
  return length;
}
