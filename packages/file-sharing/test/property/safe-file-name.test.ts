import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeFileName } from "../../src/core/safe-file-name.ts";

const hostile = [
  "/",
  "\\",
  "..",
  ".",
  " ",
  "\0",
  "\n",
  "\x7f",
  "\x9f",
  "\u202e",
  "\u2066",
  "\u200d",
  "\ud800",
  "CON",
  "nul",
  "com¹",
  ":",
  "~",
  "-",
  "é",
  "👩‍💻",
  "a",
  ".txt",
];
const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.array(fc.constantFrom(...hostile), { maxLength: 120 }).map((parts) => parts.join("")),
);
const bytesIn = (text: string): number => new TextEncoder().encode(text).length;
const runs = { seed: 5, numRuns: 2000 };

describe("names from strangers", () => {
  test("become one harmless component of a path, whatever they are", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const safe = safeFileName(name);
        expect(bytesIn(safe)).toBeGreaterThan(0);
        expect(bytesIn(safe)).toBeLessThanOrEqual(200);
        expect(safe).not.toMatch(/[/\\:*?"<>|]|\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}/u);
        expect(safe).not.toMatch(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u);
        expect(safe).not.toMatch(/^[.\-~\s]|[.\s]$/u);
        expect(safe).not.toMatch(/^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/iu);
        // The platform's own resolution agrees that it is one step down.
        expect(new URL(encodeURIComponent(safe), "https://host/folder/").pathname).toBe(`/folder/${encodeURIComponent(safe)}`);
      }),
      runs,
    );
  });

  test("a safe name stays as it is", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(safeFileName(safeFileName(name))).toBe(safeFileName(name));
      }),
      runs,
    );
    for (const usual of [
      "report.pdf",
      "Ünïcödé – 写真.jpg",
      "a",
      "IMG 0001 (2).JPG",
      "👩‍💻.txt",
      "می‌خواهم.txt",
      "x".repeat(200),
      "console.log",
      "com10",
    ]) {
      expect(safeFileName(usual)).toBe(usual);
    }
  });

  test("the well-known tricks", () => {
    const tricks: Record<string, string> = {
      "../../etc/passwd": "_.._etc_passwd",
      "..": "file",
      "": "file",
      ".bashrc": "bashrc",
      "-rf": "rf",
      "C:\\Windows\\x.dll": "C__Windows_x.dll",
      "photo\u202egpj.exe": "photo_gpj.exe",
      "nul.txt": "_nul.txt",
      "trailing. . ": "trailing",
      "a\0b": "a_b",
    };
    for (const [name, safe] of Object.entries(tricks)) expect(safeFileName(name)).toBe(safe);
  });

  test("a long name keeps its beginning and its extension, and no character is cut", () => {
    expect(safeFileName(`${"ü".repeat(300)}.jpeg`)).toBe(`${"ü".repeat(97)}.jpeg`);
    expect(safeFileName(`${"👍".repeat(80)}`)).toBe("👍".repeat(50));
    expect(bytesIn(safeFileName(`x.${"y".repeat(300)}`))).toBe(200);
  });
});
