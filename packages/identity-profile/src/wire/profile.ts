import { array, codec, literal, mapped, SerializationError, struct, text, tuple, type Value, value } from "@cweb/serialization";
import { limits } from "../core/limits.ts";

/** A profile as it travels: each property's name and its strict value, whatever its type. */
export type ProfileEntries = ReadonlyMap<string, Value>;

/** A letter, then letters, digits, `.`, `_` and `-`: 1 to 64 characters. */
export const isPropertyName = (name: string): boolean => /^[a-z][a-z0-9._-]{0,63}$/i.test(name);

type Pairs = readonly (readonly [string, Value])[];

/** Ascending by code unit, so that there is one encoding and no name stands twice. */
function inOrder(pairs: Pairs): Pairs {
  pairs.forEach(([name], i) => {
    const before = pairs[i - 1]?.[0];
    if (!isPropertyName(name) || (before !== undefined && before >= name)) {
      throw new SerializationError("schema", "expected property names in ascending order");
    }
  });
  return pairs;
}

const properties = mapped(
  array(tuple(text(limits.propertyName), value), limits.properties),
  (pairs): ProfileEntries => new Map(inOrder(pairs)),
  (entries) => inOrder([...entries].sort(([a], [b]) => (a < b ? -1 : 1))),
);

const profile = codec(struct({ version: literal(1), properties }, { extensible: true }), { maxBytes: limits.profile });

/** At most 512 KiB. Throws `SerializationError` for what `decodeProfile` would refuse. */
export const encodeProfile = (entries: ProfileEntries): Uint8Array => profile.encode({ version: 1, properties: entries });

/** `undefined` for anything that is no profile of this version. */
export function decodeProfile(bytes: Uint8Array): ProfileEntries | undefined {
  try {
    return profile.decode(bytes).properties;
  } catch (error) {
    if (error instanceof SerializationError) return undefined;
    throw error;
  }
}
