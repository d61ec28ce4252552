import { describe, expect, test } from "vitest";
import { prescan, SerializationError } from "../../src/index.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(text.replaceAll(" ", "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const verdict = (bytes: Uint8Array): string => {
  try {
    prescan(bytes);
  } catch (error) {
    if (error instanceof SerializationError) return error.code;
    throw error;
  }
  return "passes";
};

describe("prescan", () => {
  test("refuses maps, floats, negatives, 64-bit integers, extensions and the unused byte", () => {
    const rest = "00".repeat(20);
    for (const first of ["80", "81", "8f", "c1", "c7", "c8", "c9", "ca", "cb", "cf", "d0", "d1", "d2", "d3"]) {
      expect(verdict(hex(first + rest)), first).toBe("malformed");
    }
    for (const first of ["d4", "d5", "d6", "d7", "d8", "de", "df", "e0", "ff"]) expect(verdict(hex(first + rest)), first).toBe("malformed");
    expect(verdict(hex("d4 72 40 91 a1 61"))).toBe("malformed");
  });

  test("refuses longer forms than needed", () => {
    const long = ["cc7f", "cd00ff", "ce0000ffff", `d91f${"61".repeat(31)}`, `da00ff${"61".repeat(255)}`, "c5000101", "c60000000101"];
    for (const bytes of [...long, "dc0001c0", "dd00000001c0", "db0000000161"]) expect(verdict(hex(bytes)), bytes).toBe("malformed");
    for (const bytes of ["7f", "cc80", "cd0100", "ce00010000", `d920${"61".repeat(32)}`, `dc0010${"c0".repeat(16)}`]) {
      expect(verdict(hex(bytes)), bytes).toBe("passes");
    }
  });

  test("refuses ill-formed UTF-8", () => {
    const bad = [
      "80",
      "c0af",
      "c1bf",
      "e0809f",
      "eda080",
      "edbfbf",
      "f08080af",
      "f4908080",
      "f5808080",
      "ff",
      "c3",
      "e282",
      "f09f98",
      "c328",
    ];
    for (const bytes of bad) expect(verdict(hex((0xa0 + bytes.length / 2).toString(16) + bytes)), bytes).toBe("malformed");
    for (const bytes of ["00", "7f", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf", "f0908080", "f48fbfbf"]) {
      expect(verdict(hex((0xa0 + bytes.length / 2).toString(16) + bytes)), bytes).toBe("passes");
    }
  });

  test("a sequence does not borrow from what follows its string", () => {
    expect(verdict(hex("92 a1 c3 a1 a9"))).toBe("malformed");
    expect(verdict(hex("92 a2 e2 82 ac"))).toBe("malformed");
  });

  test("refuses a leading byte order mark", () => {
    expect(verdict(hex("a3 efbbbf"))).toBe("malformed");
    expect(verdict(hex("a4 61 efbbbf"))).toBe("passes");
  });

  test("refuses truncated input at every length", () => {
    const whole = hex(`96 c3 cd0100 a3 e282ac c402 0102 dc0010 ${"7f".repeat(16)} ce00010000`);
    expect(verdict(whole)).toBe("passes");
    for (let length = 0; length < whole.length; length++) expect(verdict(whole.subarray(0, length)), `${length}`).toBe("malformed");
  });

  test("refuses trailing bytes", () => {
    expect(verdict(hex("c0 c0"))).toBe("malformed");
    expect(verdict(hex("90 00"))).toBe("malformed");
  });

  test("refuses nesting deeper than 8", () => {
    expect(verdict(hex(`${"91".repeat(7)}90`))).toBe("passes");
    expect(verdict(hex(`${"91".repeat(8)}90`))).toBe("too-large");
    expect(verdict(new Uint8Array(1_000_000).fill(0x91))).toBe("too-large");
  });

  test("refuses strings above 16,384 bytes and arrays above 65,536 elements", () => {
    const string = (length: number): Uint8Array =>
      Uint8Array.from([0xda, length >> 8, length & 255, ...new Array<number>(length).fill(0x61)]);
    expect(verdict(string(16_384))).toBe("passes");
    expect(verdict(string(16_385))).toBe("too-large");
    expect(verdict(Uint8Array.from([0xdd, 0, 1, 0, 0, ...new Array<number>(65_536).fill(0)]))).toBe("passes");
    expect(verdict(Uint8Array.from([0xdd, 0, 1, 0, 1, ...new Array<number>(65_537).fill(0)]))).toBe("too-large");
  });

  test("refuses counts beyond the input without reserving room", () => {
    expect(verdict(hex("dc ffff"))).toBe("malformed");
    expect(verdict(hex("dd ffffffff"))).toBe("too-large");
    expect(verdict(hex("c6 ffffffff"))).toBe("malformed");
    expect(verdict(hex("db ffffffff"))).toBe("too-large");
  });

  test("limits can be tightened", () => {
    expect(() => prescan(hex("9190"), { depth: 1, array: 5, string: 5 })).toThrow(/nesting/);
    expect(() => prescan(hex("92c0c0"), { depth: 1, array: 1, string: 5 })).toThrow(/array/);
    expect(() => prescan(hex("a3616161"), { depth: 1, array: 1, string: 2 })).toThrow(/string/);
  });
});
