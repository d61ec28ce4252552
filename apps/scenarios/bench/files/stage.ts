import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SharedServer } from "./shared-server.ts";

const mebibyte = 1 << 20;

/** A server, and files in a folder of their own. */
export interface Stage {
  readonly server: SharedServer;
  /** The file that is moved about. */
  readonly file: string;
  readonly mebibytes: number;
  /** SHA-256 in hexadecimal. */
  readonly hash: string;
  /** A new, empty folder. */
  folder(): Promise<string>;
  /** Checks that a folder holds the file and nothing else beside folders, then removes it. */
  checkAndRemove(folder: string): Promise<void>;
  close(): Promise<void>;
}

/** Incompressible: random bytes. */
async function makeFile(path: string, mebibytes: number): Promise<void> {
  const handle = await open(path, "wx");
  for (let done = 0; done < mebibytes; done++) await handle.write(randomBytes(mebibyte));
  await handle.sync();
  await handle.close();
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path, { highWaterMark: mebibyte })) hash.update(part);
  return hash.digest("hex");
}

export async function openStage(mebibytes: number): Promise<Stage> {
  const root = await mkdtemp(join(tmpdir(), "cweb-files-stage-"));
  const file = join(root, "source");
  await makeFile(file, mebibytes);
  const [server, hash] = await Promise.all([SharedServer.start(), hashOf(file)]);
  let folders = 0;
  return {
    server,
    file,
    mebibytes,
    hash,
    async folder() {
      const path = join(root, `folder-${folders++}`);
      await mkdir(path);
      return path;
    },
    async checkAndRemove(folder) {
      const names = await readdir(folder, { recursive: true, withFileTypes: true });
      const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
      const [only] = files;
      if (files.length !== 1 || only === undefined) throw new Error(`${files.length} files instead of one`);
      const { size } = await stat(only);
      if (size !== mebibytes * mebibyte || (await hashOf(only)) !== hash) throw new Error("other bytes than were sent");
      await rm(folder, { recursive: true });
    },
    async close() {
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
