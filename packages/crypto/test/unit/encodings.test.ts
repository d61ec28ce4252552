import { describe, expect, test } from "vitest";
import { decodeBase32, encodeBase32 } from "../../src/base32.ts";
import { compare, concat, equal, readUint, release, u8, u16, u32, u64, utf8 } from "../../src/bytes.ts";
import { CryptoError } from "../../src/crypto-error.ts";
import { pad, sizeClass, sizeClasses, unpad } from "../../src/padding.ts";

describe("base32", () => {
  // RFC 4648 §10, in lower case and without padding.
  test.each([
    ["", ""],
    ["f", "my"],
    ["fo", "mzxq"],
    ["foo", "mzxw6"],
    ["foob", "mzxw6yq"],
    ["fooba", "mzxw6ytb"],
    ["foobar", "mzxw6ytboi"],
  ])("RFC 4648: %j is %j", (text, encoded) => {
    expect(encodeBase32(utf8(text))).toBe(encoded);
    expect(decodeBase32(encoded)).toEqual(utf8(text));
  });

  test("refuses trailing bits, other characters and impossible lengths", () => {
    for (const text of ["mz", "mzxr", "MY", "my======", "m1", "m", "mzx", "mzxw6y", "m y", "mý", "my\0"]) {
      expect(decodeBase32(text), text).toBeUndefined();
    }
  });

  test("20 bytes are 32 characters, 32 bytes 52", () => {
    expect([encodeBase32(new Uint8Array(20)).length, encodeBase32(new Uint8Array(32)).length]).toEqual([32, 52]);
  });
});

describe("padding", () => {
  test("pads with the length in front and zeros behind", () => {
    expect(Array.from(pad(Uint8Array.of(7, 8), 9))).toEqual([0, 0, 0, 2, 7, 8, 0, 0, 0]);
    expect(unpad(pad(Uint8Array.of(7, 8), 9))).toEqual(Uint8Array.of(7, 8));
    expect(unpad(pad(new Uint8Array(), 4))).toEqual(new Uint8Array());
  });

  test("refuses any other filling, a false length and a missing one", () => {
    for (let i = 6; i < 9; i++) expect(unpad(pad(Uint8Array.of(7, 8), 9).with(i, 1))).toBeUndefined();
    expect(unpad(Uint8Array.of(0, 0, 0, 2, 7))).toBeUndefined();
    expect(unpad(Uint8Array.of(255, 255, 255, 255, 7))).toBeUndefined();
    expect(unpad(Uint8Array.of(0, 0, 0))).toBeUndefined();
  });

  test("what does not fit is the caller's mistake", () => {
    expect(() => pad(new Uint8Array(10), 13)).toThrow(CryptoError);
    expect(() => pad(new Uint8Array(10), Number.NaN)).toThrow(CryptoError);
    expect(pad(new Uint8Array(10), 14).length).toBe(14);
  });

  test("size classes are 4, 8, 16, 32 and 64 KiB", () => {
    expect(sizeClasses.map((size) => size / 1024)).toEqual([4, 8, 16, 32, 64]);
    expect([0, 4096, 4097, 65_536, 65_537].map(sizeClass)).toEqual([4096, 4096, 8192, 65_536, undefined]);
  });
});

describe("bytes", () => {
  test("integers are big-endian", () => {
    expect(Array.from(concat(u8(1), u16(0x0203), u32(0x04050607), u64(2 ** 53 - 1)))).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7],
      ...[0, 31, 255, 255, 255, 255, 255, 255],
    ]);
    expect(readUint(u64(2 ** 53 - 1))).toBe(2 ** 53 - 1);
    expect(readUint(new Uint8Array())).toBe(0);
  });

  test("integers out of range are refused", () => {
    for (const call of [() => u8(256), () => u16(65_536), () => u32(2 ** 32), () => u64(2 ** 53), () => u8(-1), () => u32(0.5)]) {
      expect(call).toThrow(RangeError);
    }
    expect(() => readUint(new Uint8Array(8).fill(255))).toThrow(RangeError);
  });

  test("comparison", () => {
    const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(1, 3)];
    expect([equal(a, a.slice()), equal(a, b), equal(a, a.subarray(1))]).toEqual([true, false, false]);
    expect([Math.sign(compare(a, b)), compare(a, a), Math.sign(compare(b, a)), Math.sign(compare(a, a.subarray(0, 1)))]).toEqual([
      -1, 0, 1, 1,
    ]);
  });
});

describe("release", () => {
  test("empties large arrays that own their buffer, where the platform can", () => {
    const [one, two] = [new Uint8Array(16_384).fill(1), new Uint8Array(1 << 20).fill(2)];
    release(one, two);
    expect([one.length, two.length]).toEqual([0, 0]);
  });

  test("leaves views of something larger, and small arrays", () => {
    const large = new Uint8Array(200_000).fill(1);
    const small = new Uint8Array(16_383).fill(1);
    release(large.subarray(1), large.subarray(0, 100_000), small);
    expect([large.every((byte) => byte === 1), large.length, small.length]).toEqual([true, 200_000, 16_383]);
  });
});
