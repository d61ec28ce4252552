import { SerializationError, type TypeOf, type Value, value, type WireType } from "@cweb/serialization";
import { IdentityProfileError } from "../identity-profile-error.ts";
import { encodeProfile, isPropertyName, type ProfileEntries } from "../wire/profile.ts";
import { limits } from "./limits.ts";
import { type Picture, picture } from "./picture.ts";
import { lineOf, nameOf } from "./visible-text.ts";

/** What every application understands. */
export interface StandardProperties {
  /** 1 to 256 bytes of visible text in one line. */
  readonly name: string;
  /** One line of at most 1 KiB. */
  readonly status: string;
  readonly picture: Picture;
}

/** An application's own properties: a wire type for each name. */
export type PropertyTypes = Readonly<Record<string, WireType<unknown>>>;

type Typed<T extends PropertyTypes> = { readonly [K in keyof T]: TypeOf<T[K]> };

export type Properties<T extends PropertyTypes> = Partial<StandardProperties & Typed<T>>;

/** What to change: a value sets, null (or undefined) removes, a name that is not there keeps what is. */
export type PropertyChange<T extends PropertyTypes> = {
  readonly [K in keyof (StandardProperties & Typed<T>)]?: (StandardProperties & Typed<T>)[K] | null | undefined;
};

/** A profile as an application sees it. */
export interface ProfileView<T extends PropertyTypes> {
  /** Those with a type that fit it. */
  readonly properties: Properties<T>;
  /** Those without a type here, such as another application's: any strict value. */
  readonly opaque: ProfileEntries;
  /** Names of properties that do not fit their type: left out, as if they were not there. */
  readonly malformed: readonly string[];
}

const standard: { readonly [K in keyof StandardProperties]: WireType<StandardProperties[K]> } = {
  name: nameOf(limits.name),
  status: lineOf(limits.status),
  picture,
};

const rules: Readonly<Record<string, string>> = {
  name: `one line of 1 to ${limits.name} bytes, without control, invisible and direction-changing characters`,
  status: `one line of at most ${limits.status} bytes, without control and direction-changing characters`,
  picture: `a PNG, JPEG, WebP, AVIF or GIF of at most ${limits.picture} bytes that is of the type it is said to be`,
};

/** All types by name. Throws `bad-schema` for a name that is taken or cannot be. */
export function typesOf(own: PropertyTypes): ReadonlyMap<string, WireType<unknown>> {
  for (const name of Object.keys(own)) {
    if (isPropertyName(name) && !Object.hasOwn(standard, name)) continue;
    throw new IdentityProfileError(
      "bad-schema",
      `The property ${JSON.stringify(name)} cannot be declared: its name is taken, or cannot be.`,
    );
  }
  return new Map<string, WireType<unknown>>(Object.entries({ ...standard, ...own }));
}

/** What fits its type, what has none, and what does not fit: one property's fault is never another's. */
export function viewOf<T extends PropertyTypes>(types: ReadonlyMap<string, WireType<unknown>>, entries: ProfileEntries): ProfileView<T> {
  const properties: Record<string, unknown> = {};
  const opaque = new Map<string, Value>();
  const malformed: string[] = [];
  for (const [name, entry] of entries) {
    const type = types.get(name);
    if (!type) opaque.set(name, entry);
    else if (!fits(() => (properties[name] = type.fromValue(entry)))) malformed.push(name);
  }
  return { properties: properties as Properties<T>, opaque, malformed };
}

function fits(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof SerializationError) return false;
    throw error;
  }
}

/** The encoded profile after a change. Throws `bad-property` and `too-large`; the message names the property, never its value. */
export function changed(
  types: ReadonlyMap<string, WireType<unknown>>,
  before: ProfileEntries,
  change: { readonly properties: Readonly<Record<string, unknown>>; readonly opaque: ReadonlyMap<string, Value | null> },
): Uint8Array {
  const entries = new Map(before);
  for (const [name, own] of Object.entries(change.properties)) {
    const type = types.get(name);
    if (!type)
      throw new IdentityProfileError("bad-property", `The property ${JSON.stringify(name)} has no type here: set it as an opaque one.`);
    setOne(entries, name, own, type);
  }
  for (const [name, own] of change.opaque) {
    if (types.has(name))
      throw new IdentityProfileError("bad-property", `The property ${JSON.stringify(name)} has a type: it is no opaque one.`);
    setOne(entries, name, own, value as WireType<unknown>);
  }
  return encoded(entries);
}

function setOne(entries: Map<string, Value>, name: string, own: unknown, type: WireType<unknown>): void {
  if (!isPropertyName(name)) {
    const message = "A property's name is a letter, then letters, digits and . _ -: at most 64 characters.";
    throw new IdentityProfileError("bad-property", message);
  }
  if (own === null || own === undefined) {
    entries.delete(name);
    return;
  }
  try {
    entries.set(name, type.toValue(own));
  } catch (cause) {
    if (!(cause instanceof SerializationError)) throw cause;
    const rule = (Object.hasOwn(rules, name) ? rules[name] : undefined) ?? "as its type says";
    throw new IdentityProfileError("bad-property", `The property ${JSON.stringify(name)} must be ${rule}.`, { cause });
  }
}

function encoded(entries: ProfileEntries): Uint8Array {
  if (entries.size > limits.properties) {
    throw new IdentityProfileError("too-large", `A profile has at most ${limits.properties} properties.`);
  }
  try {
    return encodeProfile(entries);
  } catch (cause) {
    throw new IdentityProfileError("too-large", `A profile has at most ${limits.profile} bytes.`, { cause });
  }
}
