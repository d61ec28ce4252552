import { describe, expect, test } from "vitest";
import { decodeProfile } from "../../src/index.ts";
import committed from "../../vectors/identity-profile.json" with { type: "json" };
import { makeVectors, unhex } from "../../vectors/make-vectors.ts";

describe("the committed vectors", () => {
  test("are what this implementation computes", () => {
    expect(JSON.parse(JSON.stringify(makeVectors()))).toEqual(committed);
  });

  test("are read back, with names in ascending order", () => {
    for (const { bytes, entries } of committed.profiles) {
      const names = [...(decodeProfile(unhex(bytes)) ?? new Map()).keys()];
      expect(names).toEqual(entries.map(([name]) => name).sort());
    }
  });

  test("readers accept further fields at the end", () => {
    const { bytes, same } = committed.withFurtherField;
    expect(decodeProfile(unhex(bytes))).toEqual(decodeProfile(unhex(same)));
    expect(decodeProfile(unhex(bytes))?.get("name")).toBe("Ada");
  });

  test.each(committed.refused)("$title is no profile", ({ bytes }) => {
    expect(decodeProfile(unhex(bytes))).toBeUndefined();
  });
});
