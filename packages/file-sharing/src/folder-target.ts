import { constants, type Stats } from "node:fs";
import * as nodeFs from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { safeFileName } from "./core/safe-file-name.ts";
import { FileSharingError } from "./file-sharing-error.ts";
import type { FileTarget } from "./file-target.ts";

export interface FolderTargetOptions {
  /** Replace what stands under the name. Default: `target-exists`. */
  readonly overwrite?: boolean;
  /** 1 to 32 characters of `[A-Za-z0-9]` that tell apart partial files of one name, best made of `rootHash`: ids are their owners' choice. Default `0`. */
  readonly tag?: string;
}

interface Cancellable {
  readonly signal?: AbortSignal;
}

/** What a target needs of a file system; tests put a failing one here. */
export type FileSystem = Pick<typeof nodeFs, "link" | "lstat" | "mkdir" | "open" | "rename" | "unlink">;

/**
 * A file in `folder`, under the safe form of `name` (`safeFileName`). Until it is whole it is `.NAME.TAG.part` beside it; then it gets its name
 * in one step that replaces nothing unless `overwrite` says so. The folder is made where it is missing. Links are not followed.
 */
export function folderTarget(folder: string, name: string, options: FolderTargetOptions = {}): FileTarget {
  return new FolderTarget(folder, safeFileName(name), options);
}

/** The same for a path that the user chose: its last part is taken as it is, so it must never come from a stranger. */
export function fileTarget(path: string, options: FolderTargetOptions = {}): FileTarget {
  return new FolderTarget(dirname(path), basename(path), options);
}

const codeOf = (error: unknown): string | undefined => (error as { readonly code?: string } | undefined)?.code;
const isSame = (a: Stats, b: Stats): boolean => a.ino === b.ino && a.dev === b.dev;

// A link where the file should be is an error, and so is a pipe that nobody reads; Windows has neither flag.
const safely = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const full: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);
/** What `link` answers where a file system has no hard links. */
const withoutLinks: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** After it nobody knows what of the file is on the disk. */
function notSynced(error: unknown): FileSharingError {
  const [code, what] = full.has(codeOf(error) ?? "") ? (["disk-full", "is full"] as const) : (["target-failed", "failed"] as const);
  const message = `The disk ${what} and did not keep what was written (${codeOf(error) ?? "unknown error"}); it is fetched again.`;
  return new FileSharingError(code, message, { cause: error });
}

function failed(error: unknown): FileSharingError {
  if (error instanceof FileSharingError) return error;
  if (full.has(codeOf(error) ?? "")) {
    return new FileSharingError("disk-full", "The disk is full; what has arrived is kept: make room and start again to go on.", {
      cause: error,
    });
  }
  const message = `The file could not be written (${codeOf(error) ?? "unknown error"}); look at the folder and its rights.`;
  return new FileSharingError("target-failed", message, { cause: error });
}

export class FolderTarget implements FileTarget {
  readonly id: string;
  readonly #part: string;
  readonly #overwrite: boolean;
  readonly #fs: FileSystem;
  #handle: nodeFs.FileHandle | undefined;
  #size = 0;

  constructor(folder: string, name: string, options: FolderTargetOptions, fs: FileSystem = nodeFs) {
    const { overwrite = false, tag = "0" } = options;
    if (!/^[A-Za-z0-9]{1,32}$/.test(tag)) throw new FileSharingError("bad-options", "A tag is 1 to 32 letters and digits.");
    this.id = resolve(folder, name);
    // Short enough to leave room for what is added.
    this.#part = join(resolve(folder), `.${safeFileName(name)}.${tag}.part`);
    this.#overwrite = overwrite;
    this.#fs = fs;
  }

  async open(size: number, { signal }: Cancellable = {}): Promise<void> {
    signal?.throwIfAborted();
    this.#size = size;
    await this.#tried(async () => {
      await this.#fs.mkdir(dirname(this.id), { recursive: true });
      await this.#letGoOfNamed();
      if (!this.#overwrite && (await this.#look(this.id)) !== undefined) throw this.#exists();
      this.#handle = await this.#openRegular(this.#part, constants.O_RDWR | constants.O_CREAT);
    });
  }

  /** A run that died right after it had named the file has left it its first name, too: what were written there would change a file that is whole. */
  async #letGoOfNamed(): Promise<void> {
    const part = await this.#look(this.#part);
    if (part?.isFile() === true && part.nlink > 1) await this.#fs.unlink(this.#part).catch(ignoreAbsent);
  }

  #exists(cause?: unknown): FileSharingError {
    return new FileSharingError("target-exists", "A file of this name is there already; it was not replaced.", { cause });
  }

  async #look(path: string): Promise<Stats | undefined> {
    return this.#fs.lstat(path).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    });
  }

  async #openRegular(path: string, flags: number): Promise<nodeFs.FileHandle> {
    const handle = await this.#fs.open(path, flags | safely, 0o666);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw new FileSharingError("target-failed", "Where the partial file should be there is something that is not a file.");
  }

  async openFinished({ signal }: Cancellable = {}): Promise<boolean> {
    signal?.throwIfAborted();
    return this.#tried(async () => {
      const there = await this.#look(this.id);
      if (there?.isFile() !== true) return false;
      await this.close();
      this.#handle = await this.#openRegular(this.id, constants.O_RDONLY);
      return true;
    });
  }

  async read(offset: number, length: number, { signal }: Cancellable = {}): Promise<Uint8Array> {
    signal?.throwIfAborted();
    return this.#tried(async () => {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await this.#opened().read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    });
  }

  async write(offset: number, bytes: Uint8Array, { signal }: Cancellable = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#tried(async () => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#opened().write(bytes, done, bytes.length - done, offset + done);
        done += bytesWritten;
      }
    });
  }

  async sync({ signal }: Cancellable = {}): Promise<void> {
    signal?.throwIfAborted();
    const handle = this.#opened();
    await handle.datasync().catch((error: unknown) => {
      throw notSynced(error);
    });
  }

  async finish({ signal }: Cancellable = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#tried(async () => {
      const handle = this.#opened();
      const { size } = await handle.stat();
      // An older run may have left more; fewer would be a hole that nobody filled.
      if (size > this.#size) await handle.truncate(this.#size);
      if (size < this.#size) throw new FileSharingError("target-failed", "The partial file was shortened by somebody else; start again.");
      await handle.sync();
      await this.#name();
      await this.#syncFolder();
    });
  }

  async #name(): Promise<void> {
    if (this.#overwrite) return this.#renamed();
    try {
      await this.#fs.link(this.#part, this.id);
    } catch (error) {
      if (withoutLinks.has(codeOf(error) ?? "")) return this.#nameWithoutLinks();
      if (!(await this.#isNamed())) throw codeOf(error) === "EEXIST" ? this.#exists(error) : error;
    }
    await this.#fs.unlink(this.#part).catch(ignoreAbsent);
  }

  /** The one case where a file that appears in the very moment could be replaced. */
  async #nameWithoutLinks(): Promise<void> {
    if ((await this.#look(this.id)) !== undefined) throw this.#exists();
    await this.#renamed();
  }

  async #renamed(): Promise<void> {
    await this.#fs.rename(this.#part, this.id).catch(async (error: unknown) => {
      if (!(await this.#isNamed())) throw error;
    });
  }

  /** Whether the file under the name is the one that we hold: another process, or a run that died, has named it already. */
  async #isNamed(): Promise<boolean> {
    const there = await this.#look(this.id);
    return there !== undefined && isSame(there, await this.#opened().stat());
  }

  /** So that the name, too, survives a power cut, where the platform can do that for folders. */
  async #syncFolder(): Promise<void> {
    const folder = await this.#fs.open(dirname(this.id), constants.O_RDONLY).catch(() => undefined);
    await folder?.sync().catch(() => undefined);
    await folder?.close();
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async discard({ signal }: Cancellable = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.close();
    await this.#tried(() => this.#fs.unlink(this.#part).catch(ignoreAbsent));
  }

  #opened(): nodeFs.FileHandle {
    if (this.#handle === undefined) throw new FileSharingError("target-failed", "The target is not open.");
    return this.#handle;
  }

  async #tried<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw failed(error);
    }
  }
}

function ignoreAbsent(error: unknown): void {
  if (codeOf(error) !== "ENOENT") throw error;
}
