import type { BigIntStats } from "node:fs";
import { constants, type FileHandle, open, stat } from "node:fs/promises";
import { sourceChanged } from "./chunk-reader.ts";
import { FileSharingError } from "./file-sharing-error.ts";
import type { FileSource } from "./file-source.ts";

interface Cancellable {
  readonly signal?: AbortSignal;
}

/** Opening a pipe must not wait for whoever writes into it. */
const readOnly = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * A file of this device. Its size is that of the moment; whether it changes is told from size, time of change, number and device.
 * Throws `FileSharingError` `source-gone` for what is no readable file.
 */
export async function fileSource(path: string, options: Cancellable = {}): Promise<FileSource> {
  options.signal?.throwIfAborted();
  const handle = await open(path, readOnly).catch(gone);
  try {
    return new PathSource(path, handle, file(await handle.stat({ bigint: true }).catch(gone)));
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
}

class PathSource implements FileSource {
  readonly size: number;
  readonly skips = true;
  readonly isFresh = true;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #opened: Pick<BigIntStats, "ino" | "dev">;

  constructor(path: string, handle: FileHandle, { size, ino, dev }: BigIntStats) {
    this.#path = path;
    this.#handle = handle;
    this.#opened = { ino, dev };
    this.size = Number(size);
  }

  /** Of what the path names now: a file that was put in its place is another one, and never stands for the one that is read. */
  async fingerprint(options: Cancellable = {}): Promise<string> {
    options.signal?.throwIfAborted();
    const { size, mtimeNs, ino, dev } = file(await stat(this.#path, { bigint: true }).catch(gone));
    if (ino !== this.#opened.ino || dev !== this.#opened.dev) throw sourceChanged("another file has taken its place");
    return `${size}-${mtimeNs}-${ino}-${dev}`;
  }

  async read(offset: number, length: number, options: Cancellable = {}): Promise<Uint8Array> {
    const whole = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      options.signal?.throwIfAborted();
      const { bytesRead } = await this.#handle.read(whole, filled, length - filled, offset + filled).catch(gone);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return whole.subarray(0, filled);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function file(found: BigIntStats): BigIntStats {
  if (!found.isFile()) throw new FileSharingError("source-gone", "This is not a file that can be shared: a folder, a device or a pipe.");
  return found;
}

function gone(cause: unknown): never {
  throw new FileSharingError("source-gone", "The file cannot be read: it was moved or deleted, or this user may not read it.", { cause });
}
