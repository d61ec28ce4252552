import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DirectoryWaits } from "../../src/disk/directory-waits.ts";
import { updateKeysFile } from "../../src/key-ring.ts";
import { systemClock } from "../../src/system-clock.ts";
import { temporaryDir } from "../support/started.ts";

async function scene() {
  const dataDir = await temporaryDir();
  const tempDir = join(dataDir, "tmp");
  mkdirSync(tempDir);
  let count = 0;
  const settings = { tempDir, durable: false, directories: new DirectoryWaits(), newId: () => String(++count).padStart(32, "0") };
  return { dataDir, settings, lock: join(dataDir, "keys.lock"), keys: join(dataDir, "keys.json") };
}

const keysFile = (id: string): string =>
  JSON.stringify({ version: 1, keys: [{ accessKeyId: id, secretAccessKey: "s", grants: [] }], anonymous: [], mailboxes: {} });
const added = (id: string) => (file: Parameters<Parameters<typeof updateKeysFile>[3]>[0]) => ({
  ...file,
  keys: [...file.keys, { accessKeyId: id, secretAccessKey: "s", grants: [] }],
});
const idsIn = async (path: string): Promise<string[]> =>
  (JSON.parse(await readFile(path, "utf8")) as { keys: { accessKeyId: string }[] }).keys.map((key) => key.accessKeyId);

test("of two that find a killed process's lock only one takes it away", async () => {
  const { dataDir, settings, lock, keys } = await scene();
  writeFileSync(lock, "killed");
  utimesSync(lock, 1, 1);
  let looks = 0;
  const clock = {
    now: () => {
      // Between our look at the lock and our taking it away, the other one has done the same and holds it.
      if (++looks === 2) {
        rmSync(lock);
        writeFileSync(lock, "other");
      }
      return Date.now();
    },
    sleep: async () => {
      writeFileSync(keys, keysFile("OTHER"));
      rmSync(lock);
    },
  };
  await updateKeysFile(dataDir, settings, clock, added("OURS"));
  expect(await idsIn(keys)).toEqual(["OTHER", "OURS"]);
  expect(await readdir(settings.tempDir)).toEqual([]);
});

test("who has lost the lock while it was stopped begins again, and leaves the other's lock", async () => {
  const { dataDir, settings, lock, keys } = await scene();
  let isFirst = true;
  const clock = {
    ...systemClock,
    sleep: async () => {
      await writeFile(keys, keysFile("OTHER"));
      rmSync(lock);
    },
  };
  await updateKeysFile(dataDir, settings, clock, (file) => {
    if (isFirst) writeFileSync(lock, "other");
    isFirst = false;
    return added("OURS")(file);
  });
  expect(await idsIn(keys)).toEqual(["OTHER", "OURS"]);
});
