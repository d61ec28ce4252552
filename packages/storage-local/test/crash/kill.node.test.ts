import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { openNodeStore } from "../../src/node.ts";

const root = mkdtempSync(join(tmpdir(), "cweb-kill-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const writer = fileURLToPath(new URL("writer.ts", import.meta.url));
// Node 22 needs the flag to run TypeScript; later versions accept it.
const start = (file: string, id: string, limit = "0"): ChildProcess =>
  spawn(process.execPath, ["--experimental-strip-types", "--no-warnings", writer, file, id, limit], { stdio: ["ignore", "pipe", "pipe"] });

/** Resolves with the last number that the child has printed, once it has ended or, with `killAfter`, was killed after so many. */
async function ended(child: ChildProcess, killAfter?: number): Promise<number> {
  let printed = "";
  let complaints = "";
  child.stderr?.on("data", (chunk) => (complaints += chunk));
  child.stdout?.on("data", (chunk) => {
    printed += chunk;
    if (killAfter !== undefined && printed.split("\n").length > killAfter) child.kill("SIGKILL");
  });
  await once(child, "close");
  expect(complaints).toBe("");
  return Number(printed.trim().split("\n").at(-1) ?? 0);
}

async function batchOf(file: string, id: string): Promise<{ readonly numbers: ReadonlySet<string>; readonly count: number }> {
  const store = await openNodeStore(file);
  const records = await store.scan(`${id}/`, { limit: 1_000 });
  await store.close();
  return { numbers: new Set(records.map((record) => new TextDecoder().decode(record.bytes))), count: records.length };
}

test("no batch is torn and no committed batch is lost when writers are killed", { timeout: 60_000 }, async () => {
  const file = join(root, "killed", "store.db");
  for (let round = 0; round < 5; round++) {
    // Both are killed at different moments of their work; each begins at 1 again.
    const printed = await Promise.all([ended(start(file, `a${round}`), 5 + round * 7), ended(start(file, `b${round}`), 9 + round * 3)]);
    for (const [i, id] of [`a${round}`, `b${round}`].entries()) {
      const { numbers, count } = await batchOf(file, id);
      expect(count, "records of a batch").toBe(50);
      expect(numbers.size, "different numbers in one batch").toBe(1);
      const stored = Number([...numbers][0]);
      // It may have committed one more than it could print.
      expect(stored).toBeGreaterThanOrEqual(printed[i] ?? 0);
    }
  }
});

test("processes that open and write a new store at the same moment share it", { timeout: 60_000 }, async () => {
  const file = join(root, "shared", "store.db");
  const ids = ["p", "q", "r"];
  expect(await Promise.all(ids.map((id) => ended(start(file, id, "40"))))).toEqual([40, 40, 40]);
  const store = await openNodeStore(file);
  const counter = (await store.load(["counter"])).get("counter");
  expect(new TextDecoder().decode(counter?.bytes)).toBe("120");
  await store.close();
  for (const id of ids) expect([...(await batchOf(file, id)).numbers]).toEqual(["40"]);
});
