import type { Value } from "@cweb/serialization";
import { typesOf, viewOf } from "../src/core/properties.ts";
import { decodeProfile, encodeProfile } from "../src/index.ts";

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const unhex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

const png = unhex("89504e470d0a1a0a0000000d49484452");

const good: Readonly<Record<string, readonly (readonly [string, Value])[]>> = {
  empty: [],
  name: [["name", "Ada"]],
  all: [
    ["status", "At sea"],
    ["picture", ["image/png", png]],
    ["name", "Ada 👩‍💻"],
    ["chess.elo", 1_800],
    ["Zeta", [null, true, "x", [1]]],
  ],
  malformed: [
    ["name", "Ada\u202e"],
    ["picture", ["image/jpeg", png]],
    ["status", "At sea"],
  ],
};

/** No profiles at all: SPEC §3. */
const bad: Readonly<Record<string, string>> = {
  nothing: "",
  "another version": "920290",
  "no version": "9190",
  "a map": "920180",
  "descending names": "92019292a1620192a16101",
  "one name twice": "92019292a1610192a16102",
  "a name that cannot be": "92019192a12031",
  "a length that is not minimal": "92019192d9016101",
  "bytes after the end": "92019000",
};

export interface Vectors {
  readonly profiles: readonly {
    readonly title: string;
    readonly entries: readonly (readonly [string, unknown])[];
    readonly bytes: string;
    readonly shown: readonly string[];
    readonly opaque: readonly string[];
    readonly malformed: readonly string[];
  }[];
  readonly withFurtherField: { readonly bytes: string; readonly same: string };
  readonly refused: readonly { readonly title: string; readonly bytes: string }[];
}

const asJson = (value: Value): unknown =>
  value instanceof Uint8Array ? { bin: hex(value) } : Array.isArray(value) ? (value as readonly Value[]).map(asJson) : value;

/** All vectors of SPEC §9. */
export function makeVectors(): Vectors {
  const profiles = Object.entries(good).map(([title, pairs]) => {
    const bytes = encodeProfile(new Map(pairs));
    const view = viewOf(typesOf({}), decodeProfile(bytes) ?? new Map());
    return {
      title,
      entries: pairs.map(([name, value]) => [name, asJson(value)] as const),
      bytes: hex(bytes),
      shown: Object.keys(view.properties),
      opaque: [...view.opaque.keys()],
      malformed: view.malformed,
    };
  });
  return {
    profiles,
    withFurtherField: { bytes: "93019192a46e616d65a3416461a56c61746572", same: hex(encodeProfile(new Map([["name", "Ada"]]))) },
    refused: Object.entries(bad).map(([title, bytes]) => ({ title, bytes })),
  };
}
