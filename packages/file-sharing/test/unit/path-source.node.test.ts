import { execFileSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fileSource } from "../../src/node.ts";
import { content } from "../support/home.ts";

const folder = mkdtempSync(join(tmpdir(), "cweb-path-source-"));
afterAll(() => rmSync(folder, { recursive: true }));
const bytes = content(10_000);

function file(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe("a file of this device", () => {
  test("is read in any parts, and ends at its end", async () => {
    const source = await fileSource(file("a"));
    expect(source.size).toBe(10_000);
    expect(await source.read(0, 4_000)).toEqual(bytes.subarray(0, 4_000));
    expect(await source.read(8_000, 4_000)).toEqual(bytes.subarray(8_000));
    expect(await source.read(10_000, 1)).toEqual(new Uint8Array());
    await source.close?.();
  });

  test("has the same fingerprint until it changes", async () => {
    const path = file("b");
    const source = await fileSource(path);
    const first = await source.fingerprint?.();
    expect(await source.fingerprint?.()).toBe(first);
    expect(await (await fileSource(path)).fingerprint?.()).toBe(first);
    utimesSync(path, 1, 1);
    const touched = await source.fingerprint?.();
    expect(touched).not.toBe(first);
    writeFileSync(`${path}2`, bytes);
    utimesSync(`${path}2`, 1, 1);
    renameSync(`${path}2`, path);
    // What is read is the old file still.
    await expect(source.fingerprint?.()).rejects.toMatchObject({ code: "source-changed" });
    await source.close?.();
    const replaced = await fileSource(path);
    expect(await replaced.fingerprint?.()).not.toBe(touched);
    await replaced.close?.();
  });

  test("that vanished is gone", async () => {
    const path = file("c");
    const source = await fileSource(path);
    rmSync(path);
    await expect(source.fingerprint?.()).rejects.toMatchObject({ code: "source-gone" });
    await source.close?.();
    await expect(source.read(0, 1)).rejects.toMatchObject({ code: "source-gone" });
    await expect(fileSource(path)).rejects.toMatchObject({ code: "source-gone", cause: { code: "ENOENT" } });
  });

  test("is neither a folder nor a pipe, for which nobody waits", async () => {
    await expect(fileSource(folder)).rejects.toMatchObject({ code: "source-gone" });
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(fileSource(pipe)).rejects.toMatchObject({ code: "source-gone" });
  });

  test("is not opened once it was aborted", async () => {
    await expect(fileSource(file("d"), { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
  });
});
