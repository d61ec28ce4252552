import { expect, test } from "vitest";
import { cipherSuite } from "../../src/index.ts";

test("the default suite of a browser is noble's", () => {
  expect(cipherSuite.provider).toBe("noble");
});
