import type { Value } from "../../src/index.ts";

/** A value as JSON: bytes are `{ "bin": hex }`, `{ "repeat": [value, n] }` is an array or a string of n times the value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | { readonly bin: string }
  | { readonly repeat: readonly [Json, number] }
  | readonly Json[];

export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

export function fromJson(json: unknown): Value {
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json !== "object" || json === null) return json as Value;
  if ("bin" in json) return bytesOf(json.bin as string);
  const [item, count] = (json as { readonly repeat: readonly [unknown, number] }).repeat;
  return typeof item === "string" ? item.repeat(count) : new Array<Value>(count).fill(fromJson(item));
}
