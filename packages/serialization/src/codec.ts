// The "/pack" entry has the same code in Node and in browsers and, unlike the main one, never loads native add-ons.
import { Packr } from "msgpackr/pack";
import { prescan } from "./prescan.ts";
import { SerializationError } from "./serialization-error.ts";
import type { Value, WireType } from "./value.ts";

/** One wire type with its bytes. */
export interface Codec<T> {
  /** Fresh bytes, at most `maxBytes`. Throws `schema` or `too-large` for a value that `decode` would refuse. */
  encode(value: T): Uint8Array;
  /** Total: any bytes give a value or a `SerializationError`. The result shares no memory with `bytes`. */
  decode(bytes: Uint8Array): T;
}

const tooLarge = (length: number, maxBytes: number): SerializationError =>
  new SerializationError("too-large", `${length} bytes, the limit is ${maxBytes}`);

function pack(packr: Packr, value: Value): Uint8Array {
  const packed: Uint8Array = packr.pack(value);
  const bytes = new Uint8Array(packed);
  packed.fill(0); // the library's scratch buffer lives on, and what we encode may be secret
  return bytes;
}

function unpack(packr: Packr, bytes: Uint8Array): Value {
  try {
    // A plain view: the library hangs a property onto what it is given, and copies a `Buffer` into `Buffer`s.
    return packr.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)) as Value;
  } catch (cause) {
    throw new SerializationError("malformed", "the bytes could not be read", { cause });
  }
}

/** `maxBytes` bounds both directions and is checked before anything else is looked at. */
export function codec<T>(type: WireType<T>, options: { readonly maxBytes: number }): Codec<T> {
  const { maxBytes } = options;
  const packr = new Packr({ useRecords: false, copyBuffers: true });
  return {
    encode(value: T): Uint8Array {
      const bytes = pack(packr, type.toValue(value));
      if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes);
      prescan(bytes);
      return bytes;
    },
    decode(bytes: Uint8Array): T {
      if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes);
      prescan(bytes);
      return type.fromValue(unpack(packr, bytes));
    },
  };
}
