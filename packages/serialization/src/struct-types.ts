import { within } from "./compound-types.ts";
import { isUint, schema } from "./scalar-types.ts";
import { SerializationError } from "./serialization-error.ts";
import type { TypeOf, Value, WireType } from "./value.ts";

type Fields = Readonly<Record<string, WireType<unknown>>>;
type Struct<F extends Fields> = { readonly [K in keyof F]: TypeOf<F[K]> };

export interface StructOptions {
  /** Further fields at the end are accepted and ignored (SPEC §6): a later version may append. */
  readonly extensible?: boolean;
}

/** Integer-like names would change their place, and `__proto__` is no field. */
function declaredNames(fields: Fields): readonly string[] {
  const names = Object.keys(fields);
  if (!names.every((name) => /^[a-z_]\w*$/i.test(name) && name !== "__proto__")) {
    throw new SerializationError("declaration", "a field's name must be an identifier");
  }
  return names;
}

/** A positional array: the fields in the order of their declaration. Names never reach the wire. */
export function struct<const F extends Fields>(fields: F, options: StructOptions = {}): WireType<Struct<F>> {
  const entries = declaredNames(fields).map((name) => [name, fields[name] as WireType<unknown>] as const);
  const expected = `an array of ${entries.length}${options.extensible ? " or more" : ""}`;
  return {
    toValue(value: Struct<F>): Value {
      if (typeof value !== "object" || value === null) throw schema("an object");
      const from = value as Readonly<Record<string, unknown>>;
      return entries.map(([name, type]) => within(name, () => type.toValue(from[name])));
    },
    fromValue(value: Value): Struct<F> {
      if (!Array.isArray(value)) throw schema(expected);
      const values = value as readonly Value[];
      const fits = options.extensible ? values.length >= entries.length : values.length === entries.length;
      if (!fits) throw schema(expected);
      const result: Record<string, unknown> = {};
      entries.forEach(([name, type], i) => {
        result[name] = within(name, () => type.fromValue(values[i] as Value));
      });
      return result as Struct<F>;
    },
  };
}

type Cases = Readonly<Record<number, WireType<object>>>;
type Variant<K extends string, C extends Cases> = {
  [N in keyof C & number]: { readonly [P in K]: N } & TypeOf<C[N]>;
}[keyof C & number];

/**
 * One of several structs, told apart by a whole number before their fields:
 * `variant("kind", { 0: struct({ a: bool }), 1: struct({ b: nil }) })` is `[0, a]` or `[1, b]` on the wire
 * and `{ kind: 0, a } | { kind: 1, b }` in the program.
 */
export function variant<const K extends string, const C extends Cases>(tag: K, cases: C): WireType<Variant<K, C>> {
  const byTag = new Map(Object.entries(cases).map(([number, type]) => [Number(number), type as WireType<unknown>]));
  if (![...byTag.keys()].every(isUint)) throw new SerializationError("declaration", "a variant's tags must be whole numbers");
  const typeOf = (number: unknown): WireType<unknown> => {
    const type = byTag.get(number as number);
    if (type === undefined) throw within(tag, () => schema(`one of ${[...byTag.keys()].join(", ")}`));
    return type;
  };
  return {
    toValue(value: Variant<K, C>): Value {
      if (typeof value !== "object" || value === null) throw schema("an object");
      const number = (value as Readonly<Record<string, unknown>>)[tag];
      const fields = typeOf(number).toValue(value);
      if (!Array.isArray(fields)) throw new SerializationError("declaration", "each case of a variant must be a struct");
      return [number as number, ...(fields as readonly Value[])];
    },
    fromValue(value: Value): Variant<K, C> {
      if (!Array.isArray(value)) throw schema("an array that begins with a tag");
      const [number, ...fields] = value as readonly Value[];
      return { [tag]: number, ...(typeOf(number).fromValue(fields) as object) } as Variant<K, C>;
    },
  };
}
