import { describe, expect, test } from "vitest";
import type { PropertyValue } from "../../src/index.ts";
import { checkedProperties } from "../../src/wire/public-properties.ts";
import { fetchFrom } from "../support/home.ts";
import { acquainted } from "../support/pair.ts";

const bad = expect.objectContaining({ code: "bad-property" });
const large = expect.objectContaining({ code: "too-large" });

describe("public properties", () => {
  test("texts, bytes and whole numbers arrive as they were set", async () => {
    const { alice, bob } = await acquainted();
    const properties = new Map<string, PropertyValue>([
      ["nickname", "Bob ✓"],
      ["avatar", new Uint8Array([1, 2, 3])],
      ["age", 42],
    ]);
    await bob.discovery.setPublicProperties(properties);
    await bob.round();
    const { accepted } = await fetchFrom(alice, bob);
    expect(accepted?.publicProperties.size).toBe(3);
    for (const [name, value] of properties) expect(accepted?.publicProperties.get(name)).toEqual(value);
  });

  test("are an owned copy", () => {
    const bytes = new Uint8Array([1]);
    const checked = checkedProperties(new Map([["a", bytes]]));
    bytes[0] = 2;
    expect(checked.get("a")).toEqual(new Uint8Array([1]));
  });

  test("32 entries and 16 KiB are the limits", () => {
    const many = (count: number): Map<string, number> => new Map(Array.from({ length: count }, (_, i) => [`p${i}`, i]));
    expect(checkedProperties(many(32)).size).toBe(32);
    expect(() => checkedProperties(many(33))).toThrow(large);
    expect(() => checkedProperties(new Map([["a", new Uint8Array(16_384)]]))).toThrow(large);
    expect(checkedProperties(new Map([["a", new Uint8Array(16_376)]])).size).toBe(1);
  });

  test("other types and nameless or long names are refused", () => {
    for (const value of [-1, 1.5, 2 ** 32, Number.NaN, null, true, {}, "\ud800"]) {
      expect(() => checkedProperties(new Map([["a", value as PropertyValue]]))).toThrow(bad);
    }
    expect(() => checkedProperties(new Map([["", 1]]))).toThrow(bad);
    expect(() => checkedProperties(new Map([["n".repeat(65), 1]]))).toThrow(bad);
  });
});
