import { expect, test } from "vitest";
import { propertiesIn } from "../../src/commands/profile.ts";

test("every KEY=VALUE is set or removed, whatever the key is called", () => {
  const { standard, others } = propertiesIn(["name=Ada", "constructor=x", "toString=y=z", "city="]);
  expect(standard).toEqual({ name: "Ada" });
  expect([...others]).toEqual([
    ["constructor", "x"],
    ["toString", "y=z"],
    ["city", null],
  ]);
});
