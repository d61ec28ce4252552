import { codec, type Value, value } from "@cweb/serialization";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ProfileView, typesOf, viewOf } from "../../src/core/properties.ts";
import { decodeProfile, encodeProfile, type ProfileEntries } from "../../src/index.ts";

const settings = { seed: 20_261_121, numRuns: 500 };
const types = typesOf({});
const anything = codec(value, { maxBytes: 1_000_000 });

const leaves = [fc.nat(), fc.string({ maxLength: 40, unit: "binary" }), fc.boolean(), fc.constant(null)];
const values = fc.oneof(
  ...leaves,
  fc.uint8Array({ maxLength: 40 }),
  fc.array(fc.oneof(...leaves), { maxLength: 4 }),
) as fc.Arbitrary<Value>;
const names = fc.oneof(fc.constantFrom("name", "picture", "status"), fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9._-]{0,8}$/));
const isStrict = (one: Value): boolean => {
  try {
    anything.encode(one);
    return true;
  } catch {
    return false;
  }
};

/** Whatever the bytes are, this much holds of what is shown. */
function holds({ properties: { name, status, picture } }: ProfileView<Record<never, never>>): void {
  if (name !== undefined) expect(name).toMatch(/^\P{Cc}+$/u);
  if (status !== undefined) expect(status).toMatch(/^\P{Cc}*$/u);
  if (picture !== undefined) expect(picture.bytes.length).toBeLessThanOrEqual(262_144);
}

describe("M6: strangers' bytes", () => {
  test("any bytes are a profile or none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const entries = decodeProfile(bytes);
        if (entries) holds(viewOf(types, entries));
      }),
      settings,
    );
  });

  test("any strict value is a profile or none", () => {
    const pairs = fc.array(fc.tuple(fc.oneof(names, values), values), { maxLength: 6 });
    fc.assert(
      fc.property(fc.tuple(fc.oneof(fc.constant(1), values), fc.oneof(pairs, values)), (any) => {
        fc.pre(isStrict(any as Value));
        const entries = decodeProfile(anything.encode(any as Value));
        if (entries) holds(viewOf(types, entries));
      }),
      settings,
    );
  });

  test("any properties arrive as they were encoded, and have one encoding", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(names, values), { selector: ([name]) => name, maxLength: 10 }), (pairs) => {
        fc.pre(pairs.every(([, one]) => isStrict(one)));
        const entries: ProfileEntries = new Map(pairs);
        const bytes = encodeProfile(entries);
        expect(decodeProfile(bytes)).toEqual(entries);
        expect(encodeProfile(new Map([...pairs].reverse()))).toEqual(bytes);
      }),
      settings,
    );
  });

  test("a profile that is cut or followed by anything is none", () => {
    const bytes = encodeProfile(
      new Map<string, Value>([
        ["name", "Ada"],
        ["x", [1, "y", new Uint8Array(3)]],
      ]),
    );
    for (let length = 0; length < bytes.length; length += 1) expect(decodeProfile(bytes.subarray(0, length))).toBeUndefined();
    expect(decodeProfile(Uint8Array.of(...bytes, 0))).toBeUndefined();
  });
});
