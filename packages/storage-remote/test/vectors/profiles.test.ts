import { describe, expect, test } from "vitest";
import {
  decodeReadProfile,
  encodeReadProfile,
  formatStorageProfile,
  parseStorageProfile,
  readSide,
  StorageRemoteError,
  toPath,
} from "../../src/index.ts";
import names from "../../vectors/names.json" with { type: "json" };
import vectors from "../../vectors/profiles.json" with { type: "json" };

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describe("vectors/profiles.json", () => {
  test("profile texts have exactly these normal forms, read sides and bytes", () => {
    expect(vectors.profiles.length).toBeGreaterThan(5);
    for (const { text, normal, read, bytes } of vectors.profiles) {
      const profile = parseStorageProfile(text);
      expect(formatStorageProfile(profile)).toBe(normal);
      expect(readSide(profile)).toEqual(read);
      expect(encodeReadProfile(readSide(profile))).toEqual(bytesOf(bytes));
      expect(decodeReadProfile(bytesOf(bytes))).toEqual(read);
    }
  });

  test("refused texts and bytes are refused", () => {
    expect(vectors.refusedTexts.length + vectors.refusedBytes.length).toBeGreaterThan(20);
    for (const text of vectors.refusedTexts) expect(() => parseStorageProfile(text), text).toThrow(StorageRemoteError);
    for (const { name, bytes } of vectors.refusedBytes) expect(() => decodeReadProfile(bytesOf(bytes)), name).toThrow(StorageRemoteError);
  });
});

describe("vectors/names.json", () => {
  test("paths and no other names are taken", () => {
    expect(names.paths.length).toBeGreaterThan(5);
    for (const { path } of names.paths) expect(toPath(path)).toBe(path);
    for (const text of names.refused) expect(() => toPath(text), text).toThrow(StorageRemoteError);
  });
});
