import type { Random } from "../src/random.ts";

/** Gives out exactly the bytes of a vector's `random`, in order, and nothing beyond. */
export function scriptedRandom(script: Uint8Array): Random & { readonly left: number } {
  let offset = 0;
  return {
    bytes: (length) => {
      if (offset + length > script.length) throw new Error("the script has no more randomness");
      offset += length;
      return script.slice(offset - length, offset);
    },
    get left(): number {
      return script.length - offset;
    },
  };
}
