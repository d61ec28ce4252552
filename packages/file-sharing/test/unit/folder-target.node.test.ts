import { link, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FolderTarget } from "../../src/folder-target.ts";
import { fileTarget, folderTarget } from "../../src/node.ts";
import { brokenFs, failing } from "../support/broken-fs.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cweb-target-"));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
async function filled(target = folderTarget(folder, "a.txt"), text = "hello, world") {
  await target.open(text.length);
  await target.write(0, bytes(text));
  return target;
}

describe("a file in a folder", () => {
  test("grows beside its name, keeps what it has across runs, and gets its name when it is whole", async () => {
    const first = folderTarget(join(folder, "new", "folder"), "a.txt", { tag: "x1" });
    await first.open(10);
    await first.write(5, bytes("world"));
    await first.sync();
    await first.close();
    expect(await readdir(join(folder, "new/folder"))).toEqual([".a.txt.x1.part"]);

    const second = folderTarget(join(folder, "new/folder"), "a.txt", { tag: "x1" });
    expect(second.id).toBe(first.id);
    await second.open(10);
    expect(await second.read(5, 5)).toEqual(bytes("world"));
    expect(await second.read(8, 100)).toEqual(bytes("ld"));
    expect(await second.read(100, 1)).toEqual(new Uint8Array());
    await second.write(0, bytes("hello"));
    await second.finish();
    await second.close();
    expect(await readdir(join(folder, "new/folder"))).toEqual(["a.txt"]);
    expect(await readFile(second.id, "utf8")).toBe("helloworld");
  });

  test("names from strangers stay within the folder", async () => {
    const target = folderTarget(folder, "../../outside.txt");
    await filled(target);
    await target.finish();
    expect(await readdir(folder)).toEqual(["_.._outside.txt"]);
    await target.close();
  });

  test("a path of the user's own is taken as it is", async () => {
    const target = fileTarget(join(folder, ".hidden: file."));
    await filled(target);
    await target.finish();
    await target.close();
    expect(await readdir(folder)).toEqual([".hidden: file."]);
  });

  test("what is there is not replaced: at the beginning, nor where it appears in the last moment", async () => {
    const late = await filled();
    await writeFile(join(folder, "a.txt"), "mine");
    await expect(late.finish()).rejects.toMatchObject({ code: "target-exists" });
    await expect(folderTarget(folder, "a.txt").open(1)).rejects.toMatchObject({ code: "target-exists" });
    expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("mine");
    expect(await late.read(0, 12)).toEqual(bytes("hello, world"));
    await late.close();
  });

  test("nor on a file system without hard links", async () => {
    for (const code of ["EPERM", "ENOTSUP"]) {
      const target = new FolderTarget(folder, `a-${code}`, {}, brokenFs({ link: failing(code) }));
      await filled(target);
      await writeFile(target.id, "mine");
      await expect(target.finish()).rejects.toMatchObject({ code: "target-exists" });
      await rm(target.id);
      await target.finish();
      await target.close();
      expect(await readFile(target.id, "utf8")).toBe("hello, world");
    }
    expect(await readdir(folder)).toEqual(["a-ENOTSUP", "a-EPERM"]);
  });

  test("with overwrite it is replaced in one step", async () => {
    await writeFile(join(folder, "a.txt"), "old");
    const target = await filled(folderTarget(folder, "a.txt", { overwrite: true }));
    expect(await readFile(target.id, "utf8")).toBe("old");
    await target.finish();
    await target.close();
    expect(await readdir(folder)).toEqual(["a.txt"]);
    expect(await readFile(target.id, "utf8")).toBe("hello, world");
  });

  test("links and folders in the partial file's place are not followed", async () => {
    await writeFile(join(folder, "secret"), "untouched");
    await symlink(join(folder, "secret"), join(folder, ".a.txt.0.part"));
    await expect(folderTarget(folder, "a.txt").open(1)).rejects.toMatchObject({ code: "target-failed" });
    await mkdir(join(folder, ".b.txt.0.part"));
    await expect(folderTarget(folder, "b.txt").open(1)).rejects.toMatchObject({ code: "target-failed" });
    expect(await readFile(join(folder, "secret"), "utf8")).toBe("untouched");
  });

  test("a link under the final name counts as something that is there", async () => {
    await symlink(join(folder, "nowhere"), join(folder, "a.txt"));
    await expect(folderTarget(folder, "a.txt").open(1)).rejects.toMatchObject({ code: "target-exists" });
    expect(await folderTarget(folder, "a.txt").openFinished?.()).toBe(false);
  });

  test("what a run left that died between name and unname is never written to: it is the file", async () => {
    const dead = await filled();
    await link(join(folder, ".a.txt.0.part"), dead.id);
    await dead.close();
    await expect(folderTarget(folder, "a.txt").open(12)).rejects.toMatchObject({ code: "target-exists" });
    expect(await readdir(folder)).toEqual(["a.txt"]);
    // Moved away, or about to be replaced.
    for (const [overwrite, there] of [
      [false, "moved"],
      [true, "a.txt"],
    ] as const) {
      if (!overwrite) await rename(dead.id, join(folder, there));
      await link(join(folder, there), join(folder, ".a.txt.0.part"));
      const next = await filled(folderTarget(folder, "a.txt", { overwrite }), overwrite ? "again" : "HELLO");
      expect(await readFile(join(folder, there), "utf8")).toBe(overwrite ? "HELLO" : "hello, world");
      await next.finish();
      await next.close();
    }
    expect((await readdir(folder)).sort()).toEqual(["a.txt", "moved"]);
    expect(await readFile(join(folder, "moved"), "utf8")).toBe("hello, world");
    expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("again");
  });

  test("two that fill the same file both end well; one whose partial file was taken away does not", async () => {
    const [one, other, third] = [folderTarget(folder, "a.txt"), folderTarget(folder, "a.txt"), folderTarget(folder, "b.txt")];
    for (const target of [one, other, third]) await filled(target);
    await one.finish();
    await other.finish();
    await rm(join(folder, ".b.txt.0.part"));
    await expect(third.finish()).rejects.toMatchObject({ code: "target-failed" });
    for (const target of [one, other, third]) await target.close();
    expect(await readdir(folder)).toEqual(["a.txt"]);
  });

  test("what a finished run left can be looked at again", async () => {
    const target = await filled();
    await target.finish();
    await target.close();
    const again = folderTarget(folder, "a.txt");
    expect(await again.openFinished?.()).toBe(true);
    expect(await again.read(7, 5)).toEqual(bytes("world"));
    await again.close();
    expect(await folderTarget(folder, "b.txt").openFinished?.()).toBe(false);
  });

  test("a longer partial file of an earlier content is cut, a shorter one is no file", async () => {
    const long = await filled(folderTarget(folder, "long"), "hello, world and more");
    await long.close();
    await long.open(12);
    await long.finish();
    await long.close();
    expect(await readFile(long.id, "utf8")).toBe("hello, world");
    const short = await filled(folderTarget(folder, "short"));
    await truncate(join(folder, ".short.0.part"), 3);
    await expect(short.finish()).rejects.toMatchObject({ code: "target-failed" });
    await short.close();
    expect(await readdir(folder)).toEqual([".short.0.part", "long"]);
  });

  test("discard removes what is there, unless it is finished", async () => {
    const target = await filled();
    await target.discard();
    expect(await readdir(folder)).toEqual([]);
    await target.discard();
    const whole = await filled();
    await whole.finish();
    await whole.discard();
    expect(await readdir(folder)).toEqual(["a.txt"]);
  });

  test("a full disk is disk-full, whatever else fails is target-failed, and both leave no file under the name", async () => {
    for (const [code, expected] of [
      ["ENOSPC", "disk-full"],
      ["EDQUOT", "disk-full"],
      ["EIO", "target-failed"],
    ] as const) {
      for (const call of ["write", "datasync", "link"] as const) {
        const target = new FolderTarget(folder, "a.txt", {}, brokenFs({ [call]: failing(code) }));
        const whole = filled(target)
          .then(() => target.sync())
          .then(() => target.finish());
        await expect(whole).rejects.toMatchObject({ name: "FileSharingError", code: expected, cause: { code } });
        await target.close();
        await expect(lstat(join(folder, "a.txt"))).rejects.toMatchObject({ code: "ENOENT" });
      }
    }
  });

  test("a folder that cannot be made is target-failed", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(folderTarget(join(folder, "file"), "a.txt").open(1)).rejects.toMatchObject({ code: "target-failed" });
  });

  test("a tag that could leave the folder is refused", () => {
    for (const tag of ["", "../x", "a".repeat(33)]) {
      expect(() => folderTarget(folder, "a", { tag })).toThrow(expect.objectContaining({ code: "bad-options" }));
    }
  });

  test("calls after an abort do nothing", async () => {
    const target = await filled();
    const signal = AbortSignal.abort(new Error("enough"));
    for (const call of [
      () => target.open(1, { signal }),
      () => target.read(0, 1, { signal }),
      () => target.write(0, bytes("x"), { signal }),
      () => target.sync({ signal }),
      () => target.finish({ signal }),
      () => target.discard({ signal }),
      () => target.openFinished?.({ signal }),
    ]) {
      await expect(call()).rejects.toThrow("enough");
    }
    await target.close();
    expect(await readFile(join(folder, ".a.txt.0.part"), "utf8")).toBe("hello, world");
  });

  test("a target that is not open says so", async () => {
    await expect(folderTarget(folder, "a").read(0, 1)).rejects.toMatchObject({ code: "target-failed" });
  });
});
