import type { Codec } from "@cweb/serialization";

/** How many records are remembered. */
const capacity = 256;

/**
 * What records were decoded to, as long as their bytes stay the same: a step mostly finds what the step before it has left. Nothing is taken
 * from here that does not stand in the store with exactly these bytes.
 */
export class RecordMemo {
  readonly #known: Map<string, { readonly bytes: Uint8Array; readonly value: unknown }> = new Map();

  decode<T>(name: string, codec: Codec<T>, bytes: Uint8Array): T {
    const known = this.#known.get(name);
    if (known && isSame(known.bytes, bytes)) return known.value as T;
    const value = codec.decode(bytes);
    this.#remember(name, bytes, value);
    return value;
  }

  encode<T>(name: string, codec: Codec<T>, value: T): Uint8Array {
    const bytes = codec.encode(value);
    this.#remember(name, bytes, value);
    return bytes;
  }

  #remember(name: string, bytes: Uint8Array, value: unknown): void {
    this.#known.delete(name);
    this.#known.set(name, { bytes, value });
    for (const [oldest] of this.#known) if (this.#known.size > capacity) this.#known.delete(oldest);
  }
}

/** These bytes are the home's own: their comparison tells nobody anything. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
