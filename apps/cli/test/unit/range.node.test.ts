import type { FileReference } from "@cweb/file-sharing";
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { partOf } from "../../src/commands/fetch.ts";
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

test("what is fetched is named by its content and its range, not by the id that its owner chose", () => {
  const reference = (fill: number): FileReference => ({ fileId: "a", rootHash: new Uint8Array(32).fill(fill) }) as unknown as FileReference;
  const range = { offset: 0, length: 3 };
  const parts = [
    partOf(reference(1), undefined),
    partOf(reference(2), undefined),
    partOf(reference(1), range),
    partOf(reference(2), range),
  ];
  expect(new Set(parts).size).toBe(4);
  expect(parts.every((part) => /^[0-9a-f]{32}$/.test(part))).toBe(true);
  expect(partOf(reference(1), range)).toBe(parts[2]);
});
