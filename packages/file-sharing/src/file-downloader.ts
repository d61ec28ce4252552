import { type CipherSuite, type Clock, type Random, release } from "@cweb/crypto";
import type { LocalStore } from "@cweb/storage-local";
import type { RemoteReader } from "@cweb/storage-remote";
import { type DownloadHead, type DownloadId, downloadId, headCodec, headPrefix, longestTargetId } from "./core/download-records.ts";
import { contentLength, geometryOf } from "./core/geometry.ts";
import { boundedParallel } from "./core/pace.ts";
import { cancel, DownloadLog, removeDownload, scanAll } from "./download-log.ts";
import { FileSharingError } from "./file-sharing-error.ts";
import type { FileTarget } from "./file-target.ts";
import { type OpenedFile, openedFile } from "./opened-file.ts";
import { PartialFile } from "./partial-file.ts";
import type { TransferOptions } from "./progress.ts";
import { ProgressMeter } from "./progress-meter.ts";
import { openRemoteFile, type RemoteFile } from "./remote-file.ts";
import { runTransfers, type TransferTask } from "./transfer.ts";
import { decodeFileReference, encodeFileReference, type FileReference } from "./wire/file-reference.ts";

export interface FileDownloaderOptions {
  /** Remembers what has arrived; several processes may share it. */
  readonly local: LocalStore;
  readonly crypto: CipherSuite;
  readonly random: Random;
  readonly clock: Clock;
}

/** Where a file comes from and where it goes. */
export interface Route {
  /** Read access to the bucket of the file's owner. */
  readonly from: RemoteReader;
  readonly to: FileTarget;
}

/** A download that is not finished. */
export interface Download {
  readonly reference: FileReference;
  /** `FileTarget.id`. */
  readonly target: string;
  /** Bytes of the file that have arrived, and in all. */
  readonly done: number;
  readonly total: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Fetches files so that an interruption, whenever it comes, costs at most the chunks under way. */
export class FileDownloader {
  readonly #options: FileDownloaderOptions;

  constructor(options: FileDownloaderOptions) {
    this.#options = options;
  }

  /**
   * The whole file, under its final name when this resolves. The same call again goes on after an interruption: what the target holds is compared,
   * and only what is missing or differs is fetched. Throws `FileSharingError`: `not-found`, `altered`, `chunk-missing`, `descriptor-invalid`,
   * `target-exists`, `target-failed`, `disk-full`, `storage-failed`, `taken-over`, `corrupt-state`; what had arrived is kept each time.
   */
  async download(reference: FileReference, options: Route & TransferOptions): Promise<{ readonly size: number }> {
    const { to, signal } = options;
    const { id, remote, log } = await this.#begin(reference, options);
    const { size } = remote.descriptor.geometry;
    const partial = new PartialFile(remote, to, log);
    try {
      // An earlier run may have died between the file's final name and the end of its record.
      if (log.isFinishing && (await this.#isFinished(to, partial, signal))) await to.discard(cancel(signal));
      else {
        await to.open(size, cancel(signal));
        await log.begin(this.#head(reference, to, remote), { signal });
        await this.#fill(remote, partial, options);
        await partial.sync();
        signal?.throwIfAborted();
        await log.finishing({ signal });
        await to.finish(cancel(signal));
      }
      await removeDownload(this.#options.local, id, signal);
    } finally {
      await this.#settle(id, partial);
      await to.close();
    }
    return { size };
  }

  /**
   * Opens the file for reading through the target: what is there is read there, what is not is fetched and kept, so that a later `download` does not
   * fetch it again. `close` it. Throws as `download`.
   */
  async open(reference: FileReference, options: Route & Omit<TransferOptions, "onProgress">): Promise<OpenedFile> {
    const { to, signal } = options;
    const { id, remote, log } = await this.#begin(reference, options);
    const partial = new PartialFile(remote, to, log);
    try {
      await to.open(remote.descriptor.geometry.size, cancel(signal));
      await log.begin(this.#head(reference, to, remote), { signal });
    } catch (error) {
      await to.close();
      throw error;
    }
    const find = async (chunk: number, stop: AbortSignal) => {
      const entry = await remote.locate(chunk, stop);
      return async (stopped: AbortSignal): Promise<Uint8Array> => {
        const there = await partial.take(chunk, entry, stopped);
        if (there !== undefined) return there;
        const fetched = await remote.fetchChunk(chunk, entry, stopped);
        await partial.keep(chunk, fetched, stopped);
        return fetched.content;
      };
    };
    return openedFile(remote, find, {
      parallel: options.parallel,
      close: async () => {
        await this.#settle(id, partial);
        await to.close();
      },
    });
  }

  /** What a disk may have lost is not counted on: the next run fetches all of it. */
  async #settle(id: DownloadId, partial: PartialFile): Promise<void> {
    if (!(await partial.settled()).isSound) await removeDownload(this.#options.local, id);
  }

  /** The downloads that are not finished, in no particular order. */
  async list(options: { readonly signal?: AbortSignal } = {}): Promise<readonly Download[]> {
    const { local } = this.#options;
    const downloads: Download[] = [];
    for await (const { name, bytes } of scanAll(local, headPrefix, options.signal)) {
      const { reference: encoded, target, startedAt, log2 } = headCodec.decode(bytes);
      const reference = decodeFileReference(encoded);
      const log = await DownloadLog.load(local, name.slice(headPrefix.length) as DownloadId, options);
      const geometry = geometryOf(reference.size, log2);
      let done = 0;
      for (const chunk of log.arrived()) done += contentLength(geometry, chunk);
      downloads.push({ reference, target, done, total: reference.size, startedAt });
    }
    return downloads;
  }

  /** Removes what has arrived of a download that is not finished, and its record. A finished file stays. */
  async forget(reference: FileReference, to: FileTarget, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await to.discard(cancel(signal));
    await removeDownload(this.#options.local, downloadId(this.#options.crypto, reference, to.id), signal);
  }

  async #begin(
    reference: FileReference,
    { from, to, signal }: Route & { readonly signal?: AbortSignal },
  ): Promise<{ readonly id: DownloadId; readonly remote: RemoteFile; readonly log: DownloadLog }> {
    const { local, crypto, clock, random } = this.#options;
    if (to.id.length > longestTargetId) throw new FileSharingError("bad-options", "A target's id has at most 1,024 characters.");
    // First of all, so that a file that is not there leaves nothing behind.
    const remote = await openRemoteFile(reference, { from, crypto, clock, random }, { signal });
    const id = downloadId(crypto, reference, to.id);
    return { id, remote, log: await DownloadLog.load(local, id, { signal }) };
  }

  #head(reference: FileReference, to: FileTarget, remote: RemoteFile): DownloadHead {
    const { log2 } = remote.descriptor.geometry;
    return { reference: encodeFileReference(reference), target: to.id, state: 0, log2, startedAt: this.#options.clock.now() };
  }

  async #isFinished(to: FileTarget, partial: PartialFile, signal: AbortSignal | undefined): Promise<boolean> {
    if ((await to.openFinished?.(cancel(signal))) !== true) return false;
    const isWhole = await partial.isWhole(signal);
    await to.close();
    return isWhole;
  }

  async #fill(remote: RemoteFile, partial: PartialFile, { onProgress, parallel, signal }: TransferOptions): Promise<void> {
    const { size, totalChunks, log2 } = remote.descriptor.geometry;
    const { clock, random } = this.#options;
    const meter = new ProgressMeter(clock, { total: size });
    let pulled = 0;
    const next = async (stop: AbortSignal): Promise<TransferTask | undefined> => {
      if (pulled >= totalChunks) return undefined;
      const chunk = pulled++;
      const entry = await remote.locate(chunk, stop);
      return async (stopped) => {
        const there = await partial.take(chunk, entry, stopped);
        if (there !== undefined) {
          onProgress?.(meter.found(there.length));
          return 0;
        }
        // Chunks of padding alone are fetched like all others: who left them out would tell the provider the file's true size.
        const fetched = await remote.fetchChunk(chunk, entry, stopped);
        const { length } = fetched.content;
        await partial.keep(chunk, fetched, stopped);
        release(fetched.content);
        onProgress?.(meter.moved(length));
        return length;
      };
    };
    await runTransfers(next, { clock, random, parallel: boundedParallel(2 ** log2, parallel), signal });
  }
}
