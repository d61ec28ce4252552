/** All that can stand on the wire: numbers are whole, 0 to 2^32 - 1. No maps, floats, negatives, extensions. */
export type Value = null | boolean | number | string | Uint8Array | readonly Value[];

/** How one type of the program stands on the wire. Both directions check everything and throw `SerializationError`. */
export interface WireType<T> {
  /** May share memory with `value`: the codec copies. */
  toValue(value: T): Value;
  /** `value` is owned by the caller and may become part of the result. */
  fromValue(value: Value): T;
}

/** The program's type of a wire type. */
export type TypeOf<W> = W extends WireType<infer T> ? T : never;
