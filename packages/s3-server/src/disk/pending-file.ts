import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Description, encodeDescription } from "../core/description.ts";
import { release } from "../release.ts";
import { type DiskSettings, moveInPlace } from "./durable.ts";

/** Gathered before they are written: fewer system calls, and still little memory however large the object is. */
const gatherBytes = 256 * 1024;
/** Each piece may hold the network's whole block in memory: a body that comes in single bytes must not hold thousands. */
const gatherPieces = 256;

/** An object on its way to the disk: bytes, then its description, then one rename. Unfinished ones are swept at the next start. */
export class PendingFile {
  readonly #settings: DiskSettings;
  readonly #path: string;
  readonly #handle: FileHandle;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #size = 0;
  #open = true;
  #moved = false;

  private constructor(settings: DiskSettings, path: string, handle: FileHandle) {
    this.#settings = settings;
    this.#path = path;
    this.#handle = handle;
  }

  static async create(settings: DiskSettings): Promise<PendingFile> {
    const path = join(settings.tempDir, settings.newId());
    return new PendingFile(settings, path, await open(path, "wx", 0o600));
  }

  /** Bytes of content so far. */
  get size(): number {
    return this.#size;
  }

  /** Takes `bytes` over: the caller must not use them any more. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    this.#size += bytes.length;
    if (this.#gatheredBytes >= gatherBytes || this.#gathered.length >= gatherPieces) await this.#flush();
  }

  /** Ends the file with its description and waits until the disk has it. Nothing is visible under the object's name yet. */
  async seal(description: Omit<Description, "size">): Promise<Description> {
    const whole = { ...description, size: this.#size };
    this.#gathered.push(encodeDescription(whole));
    await this.#flush();
    if (this.#settings.durable) await this.#handle.datasync();
    await this.#close();
    return whole;
  }

  async moveTo(path: string): Promise<void> {
    await moveInPlace(this.#path, path, this.#settings);
    this.#moved = true;
  }

  /** Removes the file where it was not moved. Never fails: it stands in `finally`. */
  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    if (!this.#moved) await rm(this.#path, { force: true }).catch(() => undefined);
  }

  async #flush(): Promise<void> {
    const gathered = this.#gathered;
    let parts = gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    while (parts.length > 0) {
      const { bytesWritten } = await this.#handle.writev(parts);
      parts = behind(parts, bytesWritten);
    }
    release(...gathered);
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
  }
}

/** What a short write left over. */
function behind(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written;
  const rest: Uint8Array[] = [];
  for (const part of parts) {
    if (skip < part.length) rest.push(part.subarray(skip));
    skip = Math.max(0, skip - part.length);
  }
  return rest;
}
