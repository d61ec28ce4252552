import { type Codec, SerializationError } from "@cweb/serialization";
import { PeerError } from "../peer-error.ts";

/** For the bytes of our own disk: what does not decode is damage. */
export function record<T>(inner: Codec<T>): Codec<T> {
  return {
    encode: (value) => inner.encode(value),
    decode(data: Uint8Array): T {
      try {
        return inner.decode(data);
      } catch (cause) {
        if (!(cause instanceof SerializationError)) throw cause;
        throw new PeerError("corrupt-state", "A record of this home is damaged: restore a backup of it.", { cause });
      }
    },
  };
}
