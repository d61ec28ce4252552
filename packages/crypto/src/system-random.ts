import type { Random } from "./random.ts";

// The most that one call of getRandomValues gives.
const sliceLength = 65_536;

/** The platform's cryptographic random source (`crypto.getRandomValues`). */
export const systemRandom: Random = {
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let offset = 0; offset < length; offset += sliceLength) crypto.getRandomValues(bytes.subarray(offset, offset + sliceLength));
    return bytes;
  },
};
