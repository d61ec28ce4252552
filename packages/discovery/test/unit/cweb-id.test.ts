import { seededRandom } from "@cweb/crypto/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeId, encodeId } from "../../src/index.ts";

const ids = fc.uint8Array({ minLength: 32, maxLength: 32 });
const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

describe("Cweb Ids", () => {
  test("have one text each, 54 characters, which gives the 32 bytes back", () => {
    fc.assert(
      fc.property(ids, (id) => {
        const text = encodeId(id);
        expect(text).toMatch(/^[a-z2-7]{54}$/);
        expect(decodeId(text)).toEqual(id);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("any one wrong character is noticed", () => {
    const text: string = encodeId(seededRandom(7).bytes(32));
    for (let i = 0; i < text.length; i++) {
      for (const wrong of alphabet) {
        if (wrong === text[i]) continue;
        expect(decodeId(text.slice(0, i) + wrong + text.slice(i + 1))).toBeUndefined();
      }
    }
  });

  test("any swap of two different characters is noticed", () => {
    const text: string = encodeId(seededRandom(8).bytes(32));
    const body = text.length - 2;
    for (let i = 0; i < body; i++) {
      for (let j = i + 1; j < body; j++) {
        if (text[i] === text[j]) continue;
        const swapped = text.slice(0, i) + text[j] + text.slice(i + 1, j) + text[i] + text.slice(j + 1);
        expect(decodeId(swapped)).toBeUndefined();
      }
    }
  });

  test("M17: other lengths, other cases and filled-up bits are no Ids", () => {
    const text: string = encodeId(seededRandom(9).bytes(32));
    for (const other of ["", text.slice(1), `${text}a`, text.toUpperCase(), ` ${text}`, text.replace(/.$/, "1")]) {
      expect(decodeId(other)).toBeUndefined();
    }
    const zero: string = encodeId(new Uint8Array(32));
    expect(zero).toBe("a".repeat(54));
    // The 52nd character holds one bit of the id and four of filling; with right check characters it is refused all the same.
    expect(decodeId(`${"a".repeat(51)}bab`)).toBeUndefined();
    expect(() => encodeId(new Uint8Array(31))).toThrow(expect.objectContaining({ code: "bad-id" }));
  });
});
