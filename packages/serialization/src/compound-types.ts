import { defaultLimits } from "./limits.ts";
import { bytesUpTo, declaredBound, isText, isUint, nil, plainView, schema } from "./scalar-types.ts";
import { SerializationError } from "./serialization-error.ts";
import type { TypeOf, Value, WireType } from "./value.ts";

/** Runs `step`; its error tells where it happened. */
export function within<T>(place: string | number, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof SerializationError)) throw error;
    const path = [place, ...error.path];
    const reason = error.path.length === 0 ? error.message : error.message.slice(error.message.indexOf(": ") + 2);
    throw new SerializationError(error.code, `${path.join(".")}: ${reason}`, { path, cause: error.cause });
  }
}

/** The elements, if `values` is an array of `min` to `max` of them. */
function elements<T>(values: unknown, min: number, max: number): readonly T[] {
  const expected = min === max ? `an array of ${max}` : `an array of ${min} to ${max}`;
  if (!Array.isArray(values) || values.length < min || values.length > max) throw schema(expected);
  return values as readonly T[];
}

/** `min` (0) to `max` elements; `max` is 65,536 at most. */
export function array<T>(item: WireType<T>, max: number, min: number = 0): WireType<readonly T[]> {
  declaredBound(max, defaultLimits.array);
  declaredBound(min, max);
  return {
    // Array.from visits the holes of a sparse array, map would not.
    toValue: (values) => Array.from(elements<T>(values, min, max), (value, i) => within(i, () => item.toValue(value))),
    fromValue: (value) => elements<Value>(value, min, max).map((element, i) => within(i, () => item.fromValue(element))),
  };
}

/** nil or the item. */
export function nullable<T>(item: WireType<T>): WireType<T | null> {
  return {
    toValue: (value) => (value === null ? nil.toValue(null) : item.toValue(value)),
    fromValue: (value) => (value === null ? null : item.fromValue(value)),
  };
}

/** The same wire value seen as another type: for brands. `to` may throw `SerializationError`; `from` must refuse what `to` would. */
export function mapped<A, B>(inner: WireType<A>, to: (inner: A) => B, from: (outer: B) => A): WireType<B> {
  return { toValue: (value) => inner.toValue(from(value)), fromValue: (value) => to(inner.fromValue(value)) };
}

type Types = readonly WireType<unknown>[];

/** An array with one type for each place. */
export function tuple<const T extends Types>(...types: T): WireType<{ readonly [K in keyof T]: TypeOf<T[K]> }> {
  type Result = { readonly [K in keyof T]: TypeOf<T[K]> };
  const length = declaredBound(types.length, defaultLimits.array);
  return {
    toValue(values: Result): Value {
      const list = elements<unknown>(values, length, length);
      return types.map((type, i) => within(i, () => type.toValue(list[i])));
    },
    fromValue(value: Value): Result {
      const list = elements<Value>(value, length, length);
      return types.map((type, i) => within(i, () => type.fromValue(list[i] as Value))) as unknown as Result;
    },
  };
}

/** Any strict value. Depth and sizes are bounded by SPEC §4. */
export const value: WireType<Value> = { toValue: (any) => strict(any, 0), fromValue: (any) => any };

const anyBytes: WireType<Uint8Array> = bytesUpTo(0xffff_ffff);

function strict(any: Value, depth: number): Value {
  if (any === null || typeof any === "boolean" || isUint(any) || isText(any, defaultLimits.string)) return any;
  if (any instanceof Uint8Array) return anyBytes.toValue(plainView(any));
  if (!Array.isArray(any)) throw schema("nil, a boolean, a whole number, a string, bytes or an array");
  if (depth === defaultLimits.depth || any.length > defaultLimits.array) {
    throw new SerializationError("too-large", "nested or long beyond the limits");
  }
  return Array.from(any as readonly Value[], (element, i) => within(i, () => strict(element, depth + 1)));
}
