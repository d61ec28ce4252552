import { describe, expect, test } from "vitest";
import {
  array,
  bool,
  bytes,
  bytesUpTo,
  type Codec,
  codec,
  literal,
  mapped,
  nil,
  nullable,
  SerializationError,
  struct,
  type TypeOf,
  text,
  tuple,
  u64,
  uint,
  type Value,
  value,
  variant,
  type WireType,
} from "../../src/index.ts";

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof SerializationError) return error.code;
    throw error;
  }
  return "none";
};
const of = <T>(type: WireType<T>): Codec<T> => codec(type, { maxBytes: 100_000 });
const roundTrip = <T>(type: WireType<T>, input: T): T => of(type).decode(of(type).encode(input));
const refuses = <T>(type: WireType<T>, ...inputs: readonly unknown[]): void => {
  for (const input of inputs) {
    expect(codeOf(() => of(type).encode(input as T))).toBe("schema");
    const raw = codeOf(() => of(value).encode(input as Value));
    if (raw === "none") expect(codeOf(() => of(type).decode(of(value).encode(input as Value)))).toBe("schema");
  }
};

describe("scalars", () => {
  test("round trip at their bounds", () => {
    for (const number of [0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff]) expect(roundTrip(uint(), number)).toBe(number);
    for (const number of [0, 1, 0xffff_ffff, 0x1_0000_0000, Number.MAX_SAFE_INTEGER]) expect(roundTrip(u64, number)).toBe(number);
    expect(roundTrip(nil, null)).toBe(null);
    expect([roundTrip(bool, true), roundTrip(bool, false)]).toEqual([true, false]);
    for (const length of [0, 0xff, 0x100, 0xffff, 0x1_0000]) {
      const input = new Uint8Array(length).fill(7);
      expect(roundTrip(bytesUpTo(0x1_0000), input)).toEqual(input);
    }
    for (const input of ["", "a", "é€😀", "x".repeat(31), "x".repeat(32), "é".repeat(200), "€".repeat(5461)]) {
      expect(roundTrip(text(16_384), input)).toBe(input);
    }
  });

  test("refuses a value outside its type", () => {
    refuses(nil, false, 0, undefined);
    refuses(bool, 0, 1, null);
    refuses(uint(10), 11, -1, -0, 1.5, Number.NaN, 2 ** 32, "1", 1n);
    refuses(u64, -1, -0, 2 ** 53, 0.5, new Uint8Array(7), new Uint8Array(9), new Uint8Array(8).fill(255));
    refuses(bytes(2), new Uint8Array(1), new Uint8Array(3), "ab", [1, 2]);
    refuses(bytesUpTo(2, 1), new Uint8Array(0), new Uint8Array(3));
    refuses(text(3), "abcd", "éé", new Uint8Array(1), 5);
    refuses(literal(5), 4, "5");
    refuses(literal(0), -0);
  });

  test("refuses text that is not well-formed or begins with a byte order mark", () => {
    refuses(text(100), "\ud800", "a\udc00", "\udc00\ud800", `\ufeff${"x".repeat(70)}`, "\ufeff");
    expect(roundTrip(text(100), "a\ufeff")).toBe("a\ufeff");
  });

  test("bytes on the wire are pinned", () => {
    const type = struct({ a: nil, b: bool, c: uint(), d: u64, e: text(9), f: bytes(1), g: array(uint(), 3) });
    const encoded = of(type).encode({ a: null, b: true, c: 300, d: 2 ** 40 + 1, e: "hi", f: Uint8Array.of(9), g: [1, 128] });
    expect(Array.from(encoded, (b) => b.toString(16).padStart(2, "0")).join("")).toBe(
      "97c0c3cd012cc4080000010000000001a26869c401099201cc80",
    );
  });
});

describe("compounds", () => {
  const person = struct({ name: text(10), age: nullable(uint(200)) });

  test("a struct is a positional array in the order of declaration", () => {
    expect(of(value).decode(of(person).encode({ age: 3, name: "Ann" }))).toEqual(["Ann", 3]);
    const back: TypeOf<typeof person> = roundTrip(person, { age: null, name: "Ann" });
    expect(back).toEqual({ name: "Ann", age: null });
    refuses(person, null, 5, ["Ann"]);
    expect(codeOf(() => of(person).decode(of(value).encode(["Ann", 3, 4])))).toBe("schema");
  });

  test("an extensible struct ignores further fields", () => {
    const later = struct({ name: text(10) }, { extensible: true });
    expect(of(later).decode(of(value).encode(["Ann", 3, [4]]))).toEqual({ name: "Ann" });
    expect(codeOf(() => of(later).decode(of(value).encode([])))).toBe("schema");
  });

  test("arrays and tuples keep their bounds", () => {
    expect(roundTrip(array(uint(), 3, 1), [1, 2, 3])).toEqual([1, 2, 3]);
    refuses(array(uint(), 3, 1), [], [1, 2, 3, 4], ["a"], 5);
    const pair = tuple(uint(), text(5));
    const back: readonly [number, string] = roundTrip(pair, [1, "a"]);
    expect(back).toEqual([1, "a"]);
    refuses(pair, [1], [1, "a", 2], ["a", 1], null);
    refuses(array(uint(), 3), new Array(2), "abc");
  });

  test("a variant is told apart by its tag", () => {
    const shape = variant("kind", { 0: struct({ side: uint() }), 7: struct({ width: uint(), height: uint() }) });
    type Shape = TypeOf<typeof shape>;
    const box: Shape = { kind: 7, width: 2, height: 3 };
    expect(roundTrip(shape, box)).toEqual(box);
    expect(of(value).decode(of(shape).encode(box))).toEqual([7, 2, 3]);
    refuses(shape, [1, 2], [], ["0", 2], [0, 1, 2], { kind: 3 }, null);
  });

  test("mapped shows the wire value as another type", () => {
    const upper = mapped(
      text(5),
      (inner) => inner.toUpperCase(),
      (outer: string) => outer.toLowerCase(),
    );
    expect(roundTrip(upper, "ABC")).toBe("ABC");
    expect(of(value).decode(of(upper).encode("ABC"))).toBe("abc");
  });

  test("an error names the place, never the contents", () => {
    const type = struct({ people: array(person, 5) });
    try {
      of(type).encode({
        people: [
          { name: "Ann", age: 1 },
          { name: "a name beyond its bound", age: 2 },
        ],
      });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "schema", retryable: false, path: ["people", 1, "name"] });
      expect((error as Error).message).toBe("people.1.name: expected a well-formed string of at most 10 bytes");
    }
  });

  test("any value is bounded in depth and length", () => {
    const nested = (depth: number): Value => (depth === 0 ? [] : [nested(depth - 1)]);
    expect(roundTrip(value, nested(7))).toEqual(nested(7));
    expect(codeOf(() => of(value).encode(nested(8)))).toBe("too-large");
    expect(codeOf(() => of(value).encode(new Array(65_537).fill(null)))).toBe("too-large");
    expect(roundTrip(value, new Array<null>(65_536).fill(null))).toHaveLength(65_536);
    refuses(value, {}, undefined, 1.5, -1, new Map(), new Date(0), "\ud800", 5n);
  });

  test("refuses a wrong declaration", () => {
    const wrong = [
      () => uint(-1),
      () => uint(2 ** 32),
      () => text(16_385),
      () => bytes(1.5),
      () => bytesUpTo(1, 2),
      () => array(nil, 65_537),
      () => literal(-1),
      () => literal("\ud800"),
      () => struct({ 1: nil }),
      () => variant("kind", { [-1]: struct({}) }),
    ];
    for (const declare of wrong) expect(codeOf(declare)).toBe("declaration");
  });
});

describe("codec", () => {
  test("refuses more than maxBytes in both directions", () => {
    const small = codec(bytesUpTo(100), { maxBytes: 12 });
    expect(small.encode(new Uint8Array(10))).toHaveLength(12);
    expect(codeOf(() => small.encode(new Uint8Array(11)))).toBe("too-large");
    expect(codeOf(() => small.decode(new Uint8Array(13)))).toBe("too-large");
  });

  test("decoded bytes are owned copies", () => {
    const wire = of(bytes(4)).encode(Uint8Array.of(1, 2, 3, 4));
    const decoded = of(bytes(4)).decode(wire);
    wire.fill(0);
    expect(decoded).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(decoded.buffer.byteLength).toBe(4);
  });

  test("encoding neither changes its input nor keeps it", () => {
    const input = Uint8Array.of(1, 2, 3);
    const wire = of(bytes(3)).encode(input);
    input.fill(9);
    expect(of(bytes(3)).decode(wire)).toEqual(Uint8Array.of(1, 2, 3));
    expect(Object.keys(wire)).toEqual(["0", "1", "2", "3", "4"]);
    expect(wire.constructor).toBe(Uint8Array);
  });

  test("subclasses of Uint8Array encode as bin", () => {
    class Hidden extends Uint8Array {
      toJSON(): string {
        return "hidden";
      }
    }
    const input = Hidden.from([1, 2, 3]);
    expect(of(bytes(3)).encode(input)).toEqual(Uint8Array.of(0xc4, 3, 1, 2, 3));
    expect(of(value).encode([input])).toEqual(Uint8Array.of(0x91, 0xc4, 3, 1, 2, 3));
    const decoded = of(bytes(3)).decode(Hidden.from([0xc4, 3, 1, 2, 3]));
    expect(decoded.constructor).toBe(Uint8Array);
  });
});
