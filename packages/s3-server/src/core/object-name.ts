import { createHash } from "node:crypto";

/** Room for the escaped name within the 255 bytes that file systems allow. */
const longest = 200;

/**
 * The file name of an object (SPEC §5.2). Lower-case ASCII letters, digits, `.`, `_` and `-` stay; an upper-case letter becomes `=` and the
 * small one, so that file systems which do not tell cases apart keep two objects apart; every other byte becomes `%` and two hex digits.
 * Long names become a hash; such files tell their key in their own description.
 */
export function fileNameOf(key: string): string {
  const escaped = Array.from(Buffer.from(key, "utf8"), escapeByte).join("").replace(/\.$/, "%2e");
  return escaped.length <= longest ? `k-${escaped}` : `h-${createHash("sha256").update(key, "utf8").digest("hex")}`;
}

/** The key that a file name spells; undefined for hashed names and for files that are none of ours. */
export function keyOfFileName(name: string): string | undefined {
  if (!name.startsWith("k-")) return undefined;
  const bytes = name.slice(2).replace(/=([a-z])/g, (_, letter: string) => letter.toUpperCase());
  try {
    return decodeURIComponent(bytes);
  } catch {
    return undefined; // no file of ours: a stranger put it there
  }
}

export function isHashedName(name: string): boolean {
  return /^h-[0-9a-f]{64}$/.test(name);
}

function escapeByte(byte: number): string {
  const char = String.fromCharCode(byte);
  if (/[a-z0-9._-]/.test(char)) return char;
  if (/[A-Z]/.test(char)) return `=${char.toLowerCase()}`;
  return `%${byte.toString(16).padStart(2, "0")}`;
}
