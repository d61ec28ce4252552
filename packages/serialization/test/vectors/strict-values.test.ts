import { describe, expect, test } from "vitest";
import { codec, SerializationError, value } from "../../src/index.ts";
import vectors from "../../vectors/strict-values.json" with { type: "json" };
import { bytesOf, fromJson } from "./json-value.ts";

const any = codec(value, { maxBytes: 1 << 20 });
describe("vectors/strict-values.json", () => {
  test("strict values encode to and decode from exactly these bytes", () => {
    expect(vectors.strict.length).toBeGreaterThan(20);
    for (const { name, value: json, hex } of vectors.strict) {
      expect(any.encode(fromJson(json)), name).toEqual(bytesOf(hex));
      expect(any.decode(bytesOf(hex)), name).toEqual(fromJson(json));
    }
  });

  test("refused bytes give exactly these codes", () => {
    expect(vectors.refused.length).toBeGreaterThan(20);
    for (const { name, hex, code } of vectors.refused) {
      try {
        any.decode(bytesOf(hex));
      } catch (error) {
        expect(error, name).toBeInstanceOf(SerializationError);
        expect((error as SerializationError).code, name).toBe(code);
        continue;
      }
      expect.unreachable(name);
    }
  });
});
