import { toPath } from "./path.ts";
import type { Path } from "./port.ts";

// SPEC §5.2. Paths are case-sensitive, may be as long as 512 characters, and `a` and `a/b` may both be objects; on common
// file systems none of this holds for file names. So: a capital letter X becomes `@x`, a folder's name ends with `=` where
// the path has a slash and with `+` where a long segment was merely cut.
const PIECE = 100;

function escapeCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `@${letter.toLowerCase()}`);
}

function pieces(segment: string): string[] {
  const result: string[] = [];
  for (let start = 0; start < segment.length; start += PIECE) result.push(escapeCase(segment.slice(start, start + PIECE)));
  return result;
}

/** The folders and, last, the file that hold the object. */
export function toFileNames(path: Path): readonly string[] {
  const segments = path.split("/");
  return segments.flatMap((segment, index) => {
    const names = pieces(segment).map((piece, at, all) => (at + 1 < all.length ? `${piece}+` : piece));
    const last = names.pop() ?? "";
    return [...names, index + 1 < segments.length ? `${last}=` : last];
  });
}

/** The inverse of `toFileNames`; `undefined` for files that are no objects. */
export function fromFileNames(names: readonly string[]): Path | undefined {
  const text = names
    .map((name, index) => (index + 1 === names.length ? name : name.replace(/=$/, "/").replace(/\+$/, "")))
    .join("")
    .replace(/@([a-z])/g, (_, letter: string) => letter.toUpperCase());
  try {
    const path = toPath(text);
    return toFileNames(path).join("\n") === names.join("\n") ? path : undefined;
  } catch {
    return undefined;
  }
}
