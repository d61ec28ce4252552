import { bytes, text, uint, type Value } from "@cweb/serialization";
import { describe, expect, test } from "vitest";
import { changed, typesOf, viewOf } from "../../src/core/properties.ts";
import { decodeProfile, encodeProfile, IdentityProfileError, type ProfileEntries } from "../../src/index.ts";
import { pictureOf } from "../support/pictures.ts";

const types = typesOf({ age: uint(150), city: text(20) });
const empty: ProfileEntries = new Map();
const none: ReadonlyMap<string, Value | null> = new Map();

function entriesAfter(properties: Record<string, unknown>, before = empty, opaque = none): ProfileEntries {
  return decodeProfile(changed(types, before, { properties, opaque })) ?? new Map();
}

function refusal(properties: Record<string, unknown>, opaque = none): IdentityProfileError {
  try {
    changed(types, empty, { properties, opaque });
  } catch (error) {
    if (error instanceof IdentityProfileError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("changing properties", () => {
  test("sets what is named, removes what is null or undefined, keeps the rest", () => {
    const first = entriesAfter({ name: "Ada", status: "At sea", age: 36, city: "London" });
    const second = entriesAfter({ status: null, city: undefined, age: 37 }, first);
    expect(viewOf(types, second)).toEqual({ properties: { name: "Ada", age: 37 }, opaque: new Map(), malformed: [] });
  });

  test("trims one's own lines", () => {
    expect(viewOf(types, entriesAfter({ name: " Ada ", status: "\tat sea\n" })).properties).toEqual({ name: "Ada", status: "at sea" });
  });

  test("keeps what another application has set, and changes it by name", () => {
    const first = entriesAfter(
      { name: "Ada" },
      empty,
      new Map<string, Value>([
        ["chess.elo", 1_800],
        ["chess.tags", ["fast", ["x"]]],
      ]),
    );
    const second = entriesAfter({ name: "Ada L." }, first, new Map<string, Value | null>([["chess.elo", null]]));
    expect(viewOf(types, second).opaque).toEqual(new Map([["chess.tags", ["fast", ["x"]]]]));
  });

  test("refuses a value that its type refuses, naming the property and never the value", () => {
    for (const [name, own] of Object.entries({ age: 151, city: 7, name: "secret\u202ename", status: "secret\u0007", picture: "secret" })) {
      const error = refusal({ [name]: own });
      expect(error.code).toBe("bad-property");
      expect(error.message).toContain(`"${name}"`);
      expect(error.message).not.toContain("secret");
    }
    expect(refusal({}, new Map([["constructor", "\ud800"]])).message).toBe('The property "constructor" must be as its type says.');
  });

  test("refuses a typed name among the opaque ones, an unknown name among the typed ones, and names that cannot be", () => {
    expect(refusal({ nick: "x" }).message).toContain("opaque");
    expect(refusal({}, new Map([["age", 3]])).message).toContain("has a type");
    for (const name of ["", "1st", "a b", "a=b", "naïve", "__proto__", "a".repeat(65)]) {
      expect(refusal({}, new Map([[name, 1]])).code).toBe("bad-property");
    }
  });

  test("64 properties and 512 KiB are the limits", () => {
    const many = (count: number): Map<string, Value> => new Map(Array.from({ length: count }, (_, i) => [`p${i}`, i]));
    expect(entriesAfter({}, empty, many(64)).size).toBe(64);
    expect(refusal({}, many(65)).code).toBe("too-large");
    // [1, [["p", bin]]]: 1 + 1 + 1 + 1 + 2 + 5 bytes around the value.
    expect(entriesAfter({}, empty, new Map([["p", new Uint8Array(524_288 - 11)]])).size).toBe(1);
    expect(refusal({}, new Map([["p", new Uint8Array(524_288 - 10)]])).code).toBe("too-large");
  });

  test("shares no memory with what the application holds", () => {
    const picture = pictureOf("image/png", 100);
    const entries = entriesAfter({ picture });
    picture.bytes.fill(0);
    expect(viewOf(types, entries).properties.picture).toEqual(pictureOf("image/png", 100));
  });

  test("a type for a standard property, or under a name that cannot be, is a mistake in the program", () => {
    for (const name of ["name", "picture", "status", "", "a b"]) {
      expect(() => typesOf({ [name]: bytes(1) })).toThrow(expect.objectContaining({ code: "bad-schema" }));
    }
  });
});

describe("viewing a contact's properties", () => {
  const view = (entries: readonly (readonly [string, Value])[]) =>
    viewOf(types, decodeProfile(encodeProfile(new Map(entries))) ?? new Map());

  test("a malformed property is left out and named, and the others stay", () => {
    const seen = view([
      ["name", "Ada\u0000"],
      ["status", " untrimmed"],
      ["picture", ["image/png", new Uint8Array(9)]],
      ["age", 36],
      ["city", ["London"]],
      ["toString", "harmless"],
    ]);
    expect(seen.properties).toEqual({ age: 36 });
    expect(seen.malformed).toEqual(["city", "name", "picture", "status"]);
    expect(seen.opaque).toEqual(new Map([["toString", "harmless"]]));
  });

  test("names hide nothing: controls, reordering and invisible characters are refused, scripts and emoji are not", () => {
    const seen = (name: string): unknown => view([["name", name]]).properties.name;
    for (const name of ["Ada Lovelace", "محمد", "می‌خواهم", "नरेन्द्र", "👩‍👩‍👧", "❤️", "葛\u{e0100}城", "O’Neill-Ó"])
      expect(seen(name)).toBe(name);
    for (const point of [0, 9, 10, 0x7f, 0x85, 0xad, 0x61c, 0x200b, 0x200e, 0x2028, 0x202e, 0x2060, 0x2066, 0x3164, 0xfff9, 0xe0041]) {
      expect(seen(`A${String.fromCodePoint(point)}da`), point.toString(16)).toBeUndefined();
    }
    for (const name of ["", " Ada", "Ada\u3000", "\u200d\u200c"]) expect(seen(name)).toBeUndefined();
  });

  test("a status may hold invisible characters, and no line break, control or reordering", () => {
    const seen = (status: string): unknown => view([["status", status]]).properties.status;
    for (const status of ["", "a\u200bb", "a\u200eb", "x".repeat(1_024)]) expect(seen(status)).toBe(status);
    for (const status of ["a\nb", "a\u001b[2Jb", "a\u202eb", "a\u2029b", "a\u2067b", "x".repeat(1_025)])
      expect(seen(status)).toBeUndefined();
  });

  test("a name has at most 256 bytes", () => {
    expect(view([["name", "é".repeat(128)]]).properties.name).toBe("é".repeat(128));
    expect(view([["name", `${"é".repeat(128)}x`]]).malformed).toEqual(["name"]);
  });
});
