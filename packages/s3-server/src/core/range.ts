import { Refusal } from "./refusal.ts";

/** The bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a Range header for a content of `size` bytes. Undefined (the whole content) where there is none, or where it is of a kind that may be
 * ignored: other units, several ranges, bad syntax (RFC 9110 §14.2).
 * @throws Refusal `InvalidRange` where it begins behind the end.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
  const [, first = "", last = ""] = found ?? [];
  if (!found || (first === "" && last === "")) return undefined;
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) throw new Refusal("InvalidRange", undefined, { ActualObjectSize: String(size), RangeRequested: header ?? "" });
  return { start, end };
}
