// Writes strict-values.json: `node vectors/generate.ts`. Cases are only ever added, at the end.
import { writeFileSync } from "node:fs";
import { codec, value } from "../src/index.ts";
import { fromJson, type Json } from "../test/vectors/json-value.ts";

const any = codec(value, { maxBytes: 1 << 20 });
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const strict: Readonly<Record<string, Json>> = {
  nil: null,
  false: false,
  true: true,
  "least integer": 0,
  "greatest 7-bit integer": 127,
  "least 8-bit integer": 128,
  "greatest 8-bit integer": 255,
  "least 16-bit integer": 256,
  "greatest 16-bit integer": 65_535,
  "least 32-bit integer": 65_536,
  "greatest integer": 4_294_967_295,
  "empty string": "",
  "longest short string": { repeat: ["a", 31] },
  "least 8-bit string": { repeat: ["a", 32] },
  "least 16-bit string": { repeat: ["a", 256] },
  "two, three and four byte sequences": "é€😀\u{10ffff}\ud7ff\ue000",
  "byte order mark inside a string": "a\ufeff",
  "string with a zero": "a\u0000b",
  "empty bytes": { bin: "" },
  "one byte": { bin: "ff" },
  "counter of 2^53 - 1": { bin: "001fffffffffffff" },
  "least 16-bit bytes": { bin: "ab".repeat(256) },
  "empty array": [],
  "longest short array": { repeat: [null, 15] },
  "least 16-bit array": { repeat: [null, 16] },
  "nesting of 8": [[[[[[[[]]]]]]]],
  "a mixture": [1, "two", { bin: "0304" }, [null, true, [false]], 300],
};

const refused: readonly { readonly name: string; readonly hex: string; readonly code: "malformed" | "too-large" }[] = [
  { name: "nothing", hex: "", code: "malformed" },
  { name: "trailing byte", hex: "c000", code: "malformed" },
  { name: "unused type byte", hex: "c1", code: "malformed" },
  { name: "empty map", hex: "80", code: "malformed" },
  { name: "map with duplicate keys", hex: "82a16101a16102", code: "malformed" },
  { name: "float 32", hex: "ca3f800000", code: "malformed" },
  { name: "float 64 of a whole number", hex: "cb3ff0000000000000", code: "malformed" },
  { name: "64-bit integer", hex: "cf0000000100000000", code: "malformed" },
  { name: "negative integer", hex: "ff", code: "malformed" },
  { name: "signed form of a positive integer", hex: "d001", code: "malformed" },
  { name: "extension", hex: "c70101ff", code: "malformed" },
  { name: "record extension of one library", hex: "d4724091a161", code: "malformed" },
  { name: "timestamp", hex: "d6ff00000000", code: "malformed" },
  { name: "integer in 8 bits for 7", hex: "cc7f", code: "malformed" },
  { name: "integer in 16 bits for 8", hex: "cd00ff", code: "malformed" },
  { name: "integer in 32 bits for 16", hex: "ce0000ffff", code: "malformed" },
  { name: "string length in 8 bits for 5", hex: "d90161", code: "malformed" },
  { name: "bytes length in 16 bits for 8", hex: "c50001ff", code: "malformed" },
  { name: "array length in 16 bits for 4", hex: "dc0001c0", code: "malformed" },
  { name: "overlong UTF-8", hex: "a2c0af", code: "malformed" },
  { name: "surrogate in UTF-8", hex: "a3eda080", code: "malformed" },
  { name: "beyond U+10FFFF", hex: "a4f4908080", code: "malformed" },
  { name: "half a sequence at a string's end", hex: "92a1c3a1a9", code: "malformed" },
  { name: "leading byte order mark", hex: "a3efbbbf", code: "malformed" },
  { name: "truncated integer", hex: "cd01", code: "malformed" },
  { name: "truncated string", hex: "a261", code: "malformed" },
  { name: "truncated bytes", hex: "c402ff", code: "malformed" },
  { name: "truncated array", hex: "92c0", code: "malformed" },
  { name: "count beyond the input", hex: "dcffff", code: "malformed" },
  { name: "nesting of 9", hex: "919191919191919190", code: "too-large" },
  { name: "string length above 16,384", hex: "da4001", code: "too-large" },
  { name: "array length above 65,536", hex: "dd00010001", code: "too-large" },
];

const vectors = {
  strict: Object.entries(strict).map(([name, json]) => ({ name, value: json, hex: hex(any.encode(fromJson(json))) })),
  refused,
};
writeFileSync(new URL("strict-values.json", import.meta.url), `${JSON.stringify(vectors, null, 1)}\n`);
