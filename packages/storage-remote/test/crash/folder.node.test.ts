import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folderReader, folderWriter } from "../../src/folder.ts";
import { toPath } from "../../src/index.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cweb-crash-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function start(script: string, ...args: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const flags = ["--disable-warning=ExperimentalWarning", "--experimental-strip-types", "--conditions=@cweb/source"];
  return spawn(process.execPath, [...flags, file, directory, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

test("a kill at any moment leaves the old object or the new, and later writers clear up", async () => {
  const reader = folderReader(directory);
  const path = toPath("victim");
  for (let round = 0; round < 8; round++) {
    const child = start("./folder-writer-process.ts", String(round * 31));
    const { stdout } = child;
    if (stdout === null) throw new Error("the child has no output");
    // A different number of writes each round, and a few milliseconds more, so that kills fall between all steps.
    for (let dots = 0; dots < 3 + round; ) dots += ((await once(stdout, "data")) as [Buffer])[0].length;
    const late = once(child, "exit");
    for (let spin = 0; spin < round * 3; spin++) await new Promise((resolve) => setImmediate(resolve));
    child.kill("SIGKILL");
    await late;
    const answer = await reader.read(path, { maxBytes: 200_000 });
    if (answer.kind !== "found") throw new Error(`the object is ${answer.kind}`);
    expect(answer.bytes.length).toBe(200_000);
    expect(new Set(answer.bytes).size).toBe(1);
  }
  await folderWriter(directory).write(path, new Uint8Array(1));
  expect(await readdir(join(directory, "%incoming"))).toEqual([]);
});

test("processes that count by conditional writes lose no count", async () => {
  await folderWriter(directory).write(toPath("count"), new Uint8Array([0]));
  const children = Array.from({ length: 3 }, () => start("./folder-counter-process.ts"));
  const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
  expect(codes).toEqual([0, 0, 0]);
  expect(await folderReader(directory).read(toPath("count"), { maxBytes: 1 })).toMatchObject({ bytes: new Uint8Array([60]) });
});
