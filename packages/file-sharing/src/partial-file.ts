import { equal } from "@cweb/crypto";
import { chunkLength, contentLength } from "./core/geometry.ts";
import { cancel, type DownloadLog } from "./download-log.ts";
import type { FileTarget } from "./file-target.ts";
import type { FetchedChunk, RemoteFile } from "./remote-file.ts";
import { partAt, sealPart } from "./sealing.ts";
import type { Entry } from "./wire/page.ts";

/** After so many bytes the disk is asked to begin with them: else it would be idle all the time, and `finish` wait for everything. */
const flushedAtOnce = 67_108_864;

/** What of a file has arrived in its target. */
export class PartialFile {
  readonly #remote: RemoteFile;
  readonly #target: FileTarget;
  readonly #log: DownloadLog;
  readonly #flushEach: number;
  #unflushed = 0;
  #flushing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(remote: RemoteFile, target: FileTarget, log: DownloadLog, flushEach: number = flushedAtOnce) {
    this.#remote = remote;
    this.#target = target;
    this.#log = log;
    this.#flushEach = flushEach;
  }

  /** Whether the log says that the chunk is there. */
  has(chunk: number): boolean {
    return this.#log.salt(chunk) !== undefined;
  }

  /**
   * The chunk from the target, if it is there unchanged: sealed again with its key and salt it must give the object that the file's tree names.
   * So a target is no more trusted than a provider, and a disk that lost writes in a power cut costs a request, not the file.
   */
  async take(chunk: number, entry: Entry, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const salt = this.#log.salt(chunk);
    if (salt === undefined) return undefined;
    const { crypto } = this.#remote.ports;
    const { fileId, geometry } = this.#remote.descriptor;
    const length = contentLength(geometry, chunk);
    const content = length === 0 ? new Uint8Array() : await this.#target.read(this.#offset(chunk), length, { signal });
    if (content.length !== length) return undefined;
    const padded = new Uint8Array(chunkLength(geometry, chunk));
    padded.set(content);
    const { hash } = await sealPart(crypto, partAt(fileId, 0, chunk, geometry.log2), { key: entry.key, salt }, padded, { signal });
    return equal(hash, entry.hash) ? content : undefined;
  }

  /** Writes an authenticated chunk, then marks it. Throws also what an earlier flush failed of. */
  async keep(chunk: number, { content, salt }: FetchedChunk, signal: AbortSignal): Promise<void> {
    this.#throwFailure();
    if (content.length > 0) await this.#target.write(this.#offset(chunk), content, { signal });
    this.#unflushed += content.length;
    if (this.#unflushed >= this.#flushEach && this.#flushing === undefined) void this.#flush();
    await this.#log.mark(chunk, salt);
  }

  #flush(): Promise<void> {
    this.#unflushed = 0;
    const ended = (failure?: { readonly error: unknown }): void => {
      this.#flushing = undefined;
      this.#failure ??= failure;
    };
    this.#flushing = this.#target.sync().then(
      () => ended(),
      (error: unknown) => ended({ error }),
    );
    return this.#flushing;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Makes durable what was kept. A disk tells of a failure once: whichever flush hears of it, the file is not whole (SPEC §9.2). */
  async sync(): Promise<void> {
    await this.settled();
    if (this.#failure === undefined) await this.#flush();
    this.#throwFailure();
  }

  /**
   * Resolves when nothing runs on in the target. Whether all that was written may still be there: after a flush that failed a system shows what it could
   * not write as if it had, so that no comparison finds out.
   */
  async settled(): Promise<{ readonly isSound: boolean }> {
    await this.#flushing;
    return { isSound: this.#failure === undefined };
  }

  #offset(chunk: number): number {
    return chunk * 2 ** this.#remote.descriptor.geometry.log2;
  }

  /** Whether the target, open, holds exactly this file. */
  async isWhole(signal: AbortSignal | undefined): Promise<boolean> {
    const { geometry } = this.#remote.descriptor;
    if ((await this.#target.read(geometry.size, 1, cancel(signal))).length > 0) return false;
    const never = signal ?? new AbortController().signal;
    for (let chunk = 0; chunk < geometry.totalChunks; chunk++) {
      if (!this.has(chunk) || (await this.take(chunk, await this.#remote.locate(chunk, signal), never)) === undefined) return false;
    }
    return true;
  }
}
