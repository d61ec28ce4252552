import { array, bytesUpTo, codec, mapped, SerializationError, text, tuple, uint, type Value, type WireType } from "@cweb/serialization";
import { limits } from "../core/limits.ts";
import { DiscoveryError } from "../discovery-error.ts";

/** A text, bytes, or a whole number from 0 to 2^32 - 1. */
export type PropertyValue = string | Uint8Array | number;

/** Anyone who can read the bucket can read these. At most 32 entries and 16 KiB; names have 1 to 64 bytes of UTF-8. */
export type PublicProperties = ReadonlyMap<string, PropertyValue>;

const asText = text(limits.propertiesBytes);
const asBytes = bytesUpTo(limits.propertiesBytes);
const asUint = uint();

function typeFor(value: unknown): WireType<PropertyValue> {
  const type = typeof value === "string" ? asText : value instanceof Uint8Array ? asBytes : asUint;
  return type as WireType<PropertyValue>;
}

const propertyValue: WireType<PropertyValue> = {
  toValue: (value) => typeFor(value).toValue(value),
  fromValue: (value: Value) => typeFor(value).fromValue(value),
};

type Entries = readonly (readonly [string, PropertyValue])[];

/** Ascending by code unit, so that there is one encoding and no name stands twice. */
function inOrder(entries: Entries): Entries {
  entries.forEach(([name], i) => {
    const before = entries[i - 1]?.[0];
    if (name === "" || (before !== undefined && before >= name))
      throw new SerializationError("schema", "property names must be there and ascend");
  });
  return entries;
}

const entryList: WireType<PublicProperties> = mapped(
  array(tuple(text(limits.propertyName), propertyValue), limits.properties),
  (entries) => new Map(inOrder(entries)),
  (properties) => inOrder([...properties].sort(([a], [b]) => (a < b ? -1 : 1))),
);
const alone = codec(entryList, { maxBytes: limits.propertiesBytes });

/** The properties as one bin of at most 16 KiB, which bounds them exactly wherever they stand. */
export const publicProperties: WireType<PublicProperties> = mapped(
  bytesUpTo(limits.propertiesBytes),
  (bytes) => alone.decode(bytes),
  (properties) => alone.encode(properties),
);

/** An owned copy. Throws `DiscoveryError` `bad-property` or `too-large`. */
export function checkedProperties(properties: PublicProperties): PublicProperties {
  if (properties.size > limits.properties) {
    throw new DiscoveryError("too-large", `There may be at most ${limits.properties} public properties.`);
  }
  try {
    return alone.decode(alone.encode(properties));
  } catch (cause) {
    const large = cause instanceof SerializationError && cause.code === "too-large";
    if (large)
      throw new DiscoveryError("too-large", `Public properties may have at most ${limits.propertiesBytes} bytes together.`, { cause });
    throw new DiscoveryError(
      "bad-property",
      "A public property has a name of 1 to 64 bytes and a text, bytes or a whole number below 2^32.",
      { cause },
    );
  }
}
