import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeLine, encodeLine, SerializationError } from "../../src/index.ts";

const maxBytes = 64;
const anyBytes = fc.uint8Array({ maxLength: maxBytes });

function outcome(text: string): string | Uint8Array {
  try {
    return decodeLine("x:", text, { maxBytes });
  } catch (error) {
    if (error instanceof SerializationError) return error.code;
    throw error;
  }
}

describe("a line of text", () => {
  test("any bytes survive, and have one line", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const line = encodeLine("x:", bytes);
        expect(line).toMatch(/^x:[\w-]+$/);
        expect(outcome(` \t${line}\r\n`)).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });

  test("is the one of RFC 4648 and IEEE 802.3", () => {
    // CRC-32 of "123456789" is cbf43926.
    const nine = Uint8Array.from("123456789", (character) => character.charCodeAt(0));
    expect(encodeLine("x:", nine)).toBe("x:MTIzNDU2Nzg5y_Q5Jg");
    expect(encodeLine("x:", new Uint8Array())).toBe("x:AAAAAA");
  });

  test("each changed, missing or added character is found", () => {
    for (const bytes of [new Uint8Array(), Uint8Array.of(1), Uint8Array.of(250, 1, 2, 3), new Uint8Array(40).fill(7)]) {
      const line = encodeLine("x:", bytes);
      for (let i = 0; i < line.length; i++) {
        expect(outcome(line.slice(0, i) + line.slice(i + 1))).toBe("malformed");
        for (const other of "AB_-=+/é ") {
          if (other !== line[i]) expect(outcome(line.slice(0, i) + other + line.slice(i + 1))).toBe("malformed");
          const isAround = i === 0 && other === " ";
          if (!isAround) expect(outcome(`${line.slice(0, i)}${other}${line.slice(i)}`)).toBe("malformed");
        }
      }
    }
  });

  test("random text is refused", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(outcome(text)).toBe("malformed");
        expect(outcome(`x:${text}`)).toSatisfy((result) => result === "malformed" || result === "too-large");
      }),
      { seed: 2 },
    );
  });

  test("a line above the bound is refused before anything is decoded", () => {
    expect(outcome(encodeLine("x:", new Uint8Array(maxBytes + 1)))).toBe("too-large");
    expect(outcome(`x:${"é".repeat(1_000_000)}`)).toBe("too-large");
    expect(outcome(encodeLine("x:", new Uint8Array(maxBytes)))).toEqual(new Uint8Array(maxBytes));
  });

  test("shares no memory with anything", () => {
    const decoded = decodeLine("x:", encodeLine("x:", Uint8Array.of(1, 2)), { maxBytes });
    expect(decoded.buffer.byteLength).toBe(2);
  });
});
