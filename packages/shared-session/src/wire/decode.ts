import { type Codec, SerializationError } from "@cweb/serialization";

/** What a stranger wrote; `undefined` for anything that is not exactly that. */
export function tryDecode<T>(from: Codec<T>, encoded: Uint8Array): T | undefined {
  try {
    return from.decode(encoded);
  } catch (error) {
    if (error instanceof SerializationError) return undefined;
    throw error;
  }
}
