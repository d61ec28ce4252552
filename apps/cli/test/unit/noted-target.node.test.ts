import { linkSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FileTarget } from "@cweb/file-sharing";
import { fileTarget } from "@cweb/file-sharing/node";
import { memoryStore } from "@cweb/storage-local/memory";
import { expect, test } from "vitest";
import { FetchedNotes } from "../../src/fetched-notes.ts";
import { NotedTarget } from "../../src/noted-target.ts";
import { scratch } from "../support/cli.ts";
import { sha256 } from "../support/transfers.ts";

const content = Buffer.from("The pier, at noon.");

async function fill(target: FileTarget): Promise<void> {
  await target.open(content.length);
  await target.write(0, content);
  await target.finish();
  await target.close();
}

test("a file that got its name is known to the next process until its line was printed", async () => {
  const path = join(scratch(), "out");
  const notes = new FetchedNotes(memoryStore());
  const target = (what = "file 1"): NotedTarget => new NotedTarget(fileTarget(path), notes, what);
  expect(await target().finishedBefore({})).toBeUndefined();
  const first = target();
  await fill(first);
  const note = { what: "file 1", size: content.length, sha256: sha256(content) };
  linkSync(path, join(dirname(path), ".out.0.part"));
  expect(await first.finished({})).toEqual(note);
  expect(await target().finishedBefore({})).toEqual(note);
  expect(readdirSync(dirname(path))).toEqual(["out"]);
  // Of another file, changed since, or told: not ours.
  expect(await target("file 2").finishedBefore({})).toBeUndefined();
  writeFileSync(path, "The pier, at nine.");
  expect(await target().finishedBefore({})).toBeUndefined();
  writeFileSync(path, content);
  expect(await target().finishedBefore({})).toEqual(note);
  await notes.remove(path);
  expect(await target().finishedBefore({})).toBeUndefined();
});

test("a process that dies before the file gets its name leaves a note that is believed only once the file is there", async () => {
  const path = join(scratch(), "out");
  const notes = new FetchedNotes(memoryStore());
  const inner = fileTarget(path);
  const dying: FileTarget = Object.assign(Object.create(inner) as FileTarget, { finish: () => Promise.reject(new Error("killed")) });
  for (const name of ["open", "write", "read", "close"] as const)
    Object.assign(dying, { [name]: (inner[name] as () => unknown).bind(inner) });
  await expect(fill(new NotedTarget(dying, notes, "file 1"))).rejects.toThrow("killed");
  const next = new NotedTarget(fileTarget(path), notes, "file 1");
  expect(await next.finishedBefore({})).toBeUndefined();
  await fill(next);
  expect(await next.finished({})).toMatchObject({ sha256: sha256(content) });
});
