import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { openNodeStore } from "../../src/node.ts";
import { agreesWithMemory } from "./agreement.ts";

const root = mkdtempSync(join(tmpdir(), "cweb-agreement-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("any history of batches has the same outcome in SQLite and in memory", { timeout: 30_000 }, async () => {
  let count = 0;
  await agreesWithMemory(() => openNodeStore(join(root, `${++count}.db`)), 5, 100);
});
