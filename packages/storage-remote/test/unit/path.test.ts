import { describe, expect, test } from "vitest";
import { StorageRemoteError, toPath } from "../../src/index.ts";

describe("toPath", () => {
  test.each(["a", "A-b_c.d", "a/b/c", "..a", "a..", ".../x", "0".repeat(512)])("takes %s", (text) => {
    expect(toPath(text)).toBe(text);
  });
  test.each([
    ["nothing", ""],
    ["513 characters", "a".repeat(513)],
    ["a leading slash", "/a"],
    ["a trailing slash", "a/"],
    ["an empty segment", "a//b"],
    ["a dot", "."],
    ["a dot segment", "a/./b"],
    ["two dots", "a/../b"],
    ["a space", "a b"],
    ["a percent sign", "a%2fb"],
    ["a line break", "a\n"],
    ["a zero", "a\0"],
    ["a backslash", "a\\b"],
    ["a letter beyond ASCII", "é"],
  ])("refuses %s", (_, text) => {
    expect(() => toPath(text)).toThrow(expect.objectContaining({ code: "bad-path", retryable: false }));
  });
  test("its error does not repeat the text", () => {
    try {
      toPath("my secret plan");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(StorageRemoteError);
      expect(String(error)).not.toContain("secret");
    }
  });
});
