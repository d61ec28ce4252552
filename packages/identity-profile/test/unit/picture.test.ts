import { codec } from "@cweb/serialization";
import { describe, expect, test } from "vitest";
import { picture } from "../../src/core/picture.ts";
import { type PictureType, pictureTypeOf } from "../../src/index.ts";
import { beginnings, pictureOf } from "../support/pictures.ts";

const pictures = codec(picture, { maxBytes: 300_000 });
const types = Object.keys(beginnings) as PictureType[];
const pairs = types.flatMap((mime) => types.filter((other) => other !== mime).map((other) => [mime, other] as const));
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe("pictures", () => {
  test.each(types)("%s is known by its first bytes", (mime) => {
    expect(pictureTypeOf(beginnings[mime])).toBe(mime);
    expect(pictures.decode(pictures.encode(pictureOf(mime, 1_000)))).toEqual(pictureOf(mime, 1_000));
  });

  test.each(pairs)("%s that is said to be %s is refused", (is, said) => {
    expect(() => pictures.encode({ mime: said, bytes: beginnings[is] })).toThrow("of the type it is said to be");
  });

  test("what is cut before its type shows has none", () => {
    for (const [mime, bytes] of Object.entries(beginnings)) {
      for (let length = 0; length <= bytes.length; length += 1) {
        expect([undefined, mime]).toContain(pictureTypeOf(bytes.subarray(0, length)));
      }
      expect(pictureTypeOf(bytes.subarray(0, 2))).toBeUndefined();
    }
  });

  test("other types are refused, also those that browsers would show", () => {
    for (const bytes of [latin1("<svg xmlns="), latin1("BM\x36\0"), latin1("GIF90a"), new Uint8Array(0)])
      expect(pictureTypeOf(bytes)).toBeUndefined();
    const svg = { mime: "image/svg+xml" as PictureType, bytes: latin1("<svg/>") };
    expect(() => pictures.encode(svg)).toThrow("of the type it is said to be");
    expect(() => pictures.encode({ ...svg, mime: "toString" as PictureType })).toThrow("of the type it is said to be");
  });

  test("an AVIF is known by any of its brands, and no other film is one", () => {
    const box = (brands: string): Uint8Array => latin1(`\0\0\0\x18ftyp${brands}`);
    expect(pictureTypeOf(box("mif1\0\0\0\0miafavif"))).toBe("image/avif");
    expect(pictureTypeOf(box("avis\0\0\0\0msf1miaf"))).toBe("image/avif");
    expect(pictureTypeOf(box("isom\0\0\0\0mp41avc1"))).toBeUndefined();
    // The word stands where the minor version is, or after the box.
    expect(pictureTypeOf(box("isomavifmp41avc1"))).toBeUndefined();
    expect(pictureTypeOf(box("isom\0\0\0\0mp41avc1avif"))).toBeUndefined();
  });

  test("256 KiB is the limit", () => {
    expect(pictures.decode(pictures.encode(pictureOf("image/jpeg", 262_144))).bytes.length).toBe(262_144);
    expect(() => pictures.encode(pictureOf("image/jpeg", 262_145))).toThrow("262144 bytes");
  });
});
