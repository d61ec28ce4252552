import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { S3ServerError } from "../s3-server-error.ts";

const busy = 5;

/**
 * Holds the data directory for this server until the answer is called. By the lock of an empty database: unlike a lock file, the system
 * releases it when a process is killed. Throws `S3ServerError` `data-dir-in-use`, `data-dir-unusable`.
 */
export async function lockDirectory(dataDir: string): Promise<() => void> {
  const file = join(dataDir, "server.lock");
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec("BEGIN EXCLUSIVE");
    await chmod(file, 0o600);
  } catch (cause) {
    if (database?.isOpen) database.close();
    if (isBusy(cause)) {
      throw new S3ServerError("data-dir-in-use", `Another server serves the data directory ${dataDir} already: stop it first.`, { cause });
    }
    throw new S3ServerError("data-dir-unusable", `The data directory ${dataDir} cannot be locked for this server.`, { cause });
  }
  const held = database;
  return () => {
    if (held.isOpen) held.close();
  };
}

function isBusy(cause: unknown): boolean {
  return cause instanceof Error && "errcode" in cause && cause.errcode === busy;
}
