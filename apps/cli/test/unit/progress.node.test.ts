import { describe, expect, test, vi } from "vitest";
import { mediaTypeOf } from "../../src/media-type.ts";
import { Output } from "../../src/output.ts";
import { bytesText, durationText } from "../../src/phrases.ts";
import { progressText } from "../../src/progress-text.ts";
import { ProgressView } from "../../src/progress-view.ts";
import { sentence } from "../../src/sentences.ts";

describe("numbers for people", () => {
  test("bytes have three digits at most", () => {
    const cases = [0, 999, 1000, 1500, 99_949, 99_951, 999_499, 999_501, 64 * 2 ** 20, 2 ** 49].map(bytesText);
    expect(cases).toEqual(["0 B", "999 B", "1.0 kB", "1.5 kB", "99.9 kB", "100 kB", "999 kB", "1.0 MB", "67.1 MB", "563 TB"]);
  });

  test("durations are rounded up", () => {
    const cases = [0, 1, 99_000, 99_001, 5_940_000, 7_501_000, 172_800_000].map(durationText);
    expect(cases).toEqual(["1 s", "1 s", "99 s", "2 min", "99 min", "2 h 6 min", "2 days"]);
  });
});

describe("a bar", () => {
  const half = { done: 32_000_000, total: 64_000_000, rate: 8_000_000, left: 4_000 };

  test("says how far, how fast and how long still", () => {
    const text = progressText("film.mp4", half, 100);
    expect(text).toBe(`film.mp4  ${"█".repeat(15)}${"░".repeat(15)}   50 %  32.0 MB of 64.0 MB  8.0 MB/s  4 s left`);
  });

  test("never fills its line, whatever the name and the width", () => {
    for (const columns of [1, 20, 40, 60, 80, 200])
      for (const name of ["a", "n".repeat(255), "👍".repeat(60), "line\nend"]) {
        const text = progressText(name, half, columns);
        expect([...text].length).toBeLessThan(Math.max(columns, 2));
        expect(text).not.toContain("\n");
      }
  });

  test("without a known end, or at the end, is no bar of nonsense", () => {
    expect(progressText("x", { done: 5, total: undefined, rate: 0, left: undefined }, 80)).toBe("x  5 B");
    expect(progressText("x", { done: 0, total: 0, rate: 0, left: undefined }, 80)).toContain("100 %");
    expect(progressText("x", { done: 9, total: 6, rate: 0, left: 0 }, 80)).toContain("100 %");
  });

  test("a stranger's name cannot rewrite the terminal", () => {
    expect(progressText("a\u001b[2J\u202eb", half, 100)).toMatch(/^a\ufffd\[2J\ufffdb /);
  });
});

describe("a transfer on a terminal", () => {
  /** What reaches the terminal while `use` runs. */
  async function onTerminal(isJson: boolean, use: (view: ProgressView) => void): Promise<string> {
    const { stderr, stdout } = process;
    const before = { isTTY: stderr.isTTY, columns: stderr.columns, rows: stderr.rows };
    // As of a terminal that does not know its size.
    Object.assign(stderr, { isTTY: true, columns: 0, rows: 0 });
    let text = "";
    const write = vi.spyOn(stderr, "write").mockImplementation((part) => {
      text += String(part);
      return true;
    });
    const lines = vi.spyOn(stdout, "write").mockImplementation(((part: string, done: () => void) => {
      text += part;
      done();
      return true;
    }) as typeof stdout.write);
    try {
      const view = await ProgressView.open(new Output(isJson), "film.mp4");
      use(view);
      await view.close();
    } finally {
      write.mockRestore();
      lines.mockRestore();
      Object.assign(stderr, before);
    }
    return text;
  }
  const half = { done: 32_000_000, total: 64_000_000, rate: 8_000_000, left: 4_000 };

  test("is a bar that is gone at the end, and leaves the cursor alone", async () => {
    const now = vi.spyOn(Date, "now").mockReturnValue(1_000);
    const text = await onTerminal(false, (view) => {
      view.report(half);
      view.report({ ...half, done: 33_000_000 });
      now.mockReturnValue(1_100);
      view.report({ ...half, done: 34_000_000 });
    }).finally(() => now.mockRestore());
    expect(text).toContain("50 %  32.0 MB of 64.0 MB");
    expect(text).not.toContain("33.0 MB");
    expect(text).toContain("34.0 MB");
    expect(text).not.toContain("\u001b[?25l");
    expect(text.lastIndexOf("\u001b[2K")).toBeGreaterThan(text.indexOf("film.mp4"));
  });

  test("is lines for programs, of what has moved, and no bar", async () => {
    const now = vi.spyOn(Date, "now").mockReturnValue(1_000);
    const text = await onTerminal(true, (view) => {
      view.report({ done: 1, total: 64_000_000, rate: 0, left: undefined });
      view.report(half);
      now.mockReturnValue(1_999);
      view.report({ ...half, done: 33_000_000 });
    }).finally(() => now.mockRestore());
    expect(text).toBe('{"type":"progress","file":"film.mp4","done":32000000,"total":64000000,"rate":8000000}\n');
  });
});

describe("lines about files for people", () => {
  const file = { reference: "cweb-file:x", name: "a\u001bb.pdf", size: 1_500_000, mime: "application/pdf" };

  test("a file received says how to get it", () => {
    const text = sentence({ type: "message", kind: "file", id: "42", from: "ada", sentAt: 0, file });
    expect(text).toMatch(/ ada: a file, a\ufffdb\.pdf \(1\.5 MB, application\/pdf\)\. Get it: cweb fetch 42$/);
  });

  test("shared, listed, unfinished and fetched ones", () => {
    const shared = { fileId: "f1", name: "a.pdf", size: 10, to: ["ben", "cleo"] };
    expect(sentence({ type: "shared", ...shared, reference: "cweb-file:x" })).toBe(
      "Shared a.pdf (10 B) with ben, cleo. File f1\ncweb-file:x",
    );
    expect(sentence({ type: "file", ...shared, state: "published" })).toBe("f1  a.pdf  10 B  shared with ben, cleo");
    const half = { ...shared, to: [], state: "uploading", done: 4, total: 10 };
    expect(sentence({ type: "file", ...half })).toBe("f1  a.pdf  10 B  not whole yet: 4 B of 10 B");
    expect(sentence({ type: "file", ...shared, state: "removed" })).toBe("f1  a.pdf  10 B  removed");
    expect(sentence({ type: "fetched", path: "/x/a.pdf", size: 10, sha256: "00" })).toBe("/x/a.pdf  10 B  sha256 00");
  });
});

test("media types come from the ending, and from nothing else", () => {
  expect(["A.PDF", "x.tar.gz", "x", "x.constructor", ".png", "x.unknown"].map(mediaTypeOf)).toEqual([
    "application/pdf",
    "application/gzip",
    ...Array.from({ length: 4 }, () => "application/octet-stream"),
  ]);
});
