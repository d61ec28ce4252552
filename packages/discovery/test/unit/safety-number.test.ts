import { seededRandom } from "@cweb/crypto/testing";
import { expect, test } from "vitest";
import { safetyNumber } from "../../src/index.ts";
import { crypto } from "../support/home.ts";

test("safety numbers are the same on both sides and differ between pairs", () => {
  const random = seededRandom(1);
  const [a, b, c] = [random.bytes(32), random.bytes(32), random.bytes(32)];
  const number = safetyNumber(a, b, crypto);
  expect(number).toMatch(/^\d{5}( \d{5}){11}$/);
  expect(safetyNumber(b, a, crypto)).toBe(number);
  expect(safetyNumber(a, c, crypto)).not.toBe(number);
});
