import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { commands } from "../../src/program/commands.ts";

const parsed = (range: string): boolean => {
  let isChosen = false;
  const program = commands(() => {
    isChosen = true;
  });
  try {
    program.parse(["fetch", "x", "--out", "y", `--range=${range}`], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
  }
  return isChosen;
};

test("a range is OFFSET+LENGTH in bytes, and nothing else", () => {
  expect(["0+0", "0+4096", "1073741824+1"].map(parsed)).toEqual([true, true, true]);
  const wrong = ["", "3", "a+b", "-1+4", "1+", "+1", "1.5+2", "0x1+2", " 1+2", "1+2+3", "9007199254740991+1", "99999999999999999+1"];
  expect(wrong.filter(parsed)).toEqual([]);
});
