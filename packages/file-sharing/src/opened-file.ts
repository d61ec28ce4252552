import type { Geometry } from "./core/geometry.ts";
import { boundedParallel } from "./core/pace.ts";
import { FileSharingError } from "./file-sharing-error.ts";
import { type Find, Prefetch } from "./prefetch.ts";
import type { OnProgress } from "./progress.ts";
import { ProgressMeter } from "./progress-meter.ts";
import { openRemoteFile, type ReadingPorts, type RemoteFile } from "./remote-file.ts";
import { runTransfers, type TransferTask } from "./transfer.ts";
import type { FileReference } from "./wire/file-reference.ts";

export interface StreamOptions {
  /** First byte; default 0. */
  readonly offset?: number;
  /** Bytes; default: to the end. */
  readonly length?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** A file in its owner's bucket, ready to be read anywhere. Every byte handed out was authenticated; nothing is ever shorter than asked for. */
export interface OpenedFile {
  readonly reference: FileReference;
  /** Bytes. */
  readonly size: number;
  /** From its owner: data, never a path (`safeFileName`). */
  readonly name: string;
  readonly mime: string;
  /** Milliseconds since 1970, as its owner says. */
  readonly mtime: number | undefined;
  /**
   * Exactly these bytes. Only the pages and chunks that they need are fetched: the first at most depth + 1 requests after opening less one.
   * Throws `FileSharingError`: `out-of-range` beyond the end; `altered`, `chunk-missing`, `not-found`, `descriptor-invalid`, `storage-failed`.
   */
  read(range: { readonly offset: number; readonly length: number }, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
  /**
   * These bytes in order, one chunk or part of one at a time, fetched ahead in parallel as far as `parallel` and the reader's pace allow. Fails as
   * `read` does; `cancel` aborts the requests.
   */
  stream(options?: StreamOptions): ReadableStream<Uint8Array>;
  /** Lets go of what reading took (a target on disk); what is under way fails. */
  close(): Promise<void>;
}

export interface OpenFileOptions extends ReadingPorts {
  /** Requests at a time, at most. Default 8, fewer where chunks are large. */
  readonly parallel?: number;
  readonly signal?: AbortSignal;
}

/** Opens a file that nothing of is kept on this device: one request. Throws `FileSharingError`: `not-found`, `altered`, `descriptor-invalid`, `storage-failed`. */
export async function openFile(reference: FileReference, options: OpenFileOptions): Promise<OpenedFile> {
  const remote = await openRemoteFile(reference, options, options);
  const find: Find = async (chunk, signal) => {
    const entry = await remote.locate(chunk, signal);
    return async (stop) => (await remote.fetchChunk(chunk, entry, stop)).content;
  };
  return openedFile(remote, find, { parallel: options.parallel, close: async () => undefined });
}

/** `find` answers how a chunk's content is got. */
export function openedFile(
  remote: RemoteFile,
  find: Find,
  options: { readonly parallel: number | undefined; readonly close: () => Promise<void> },
): OpenedFile {
  const { reference, descriptor } = remote;
  const reader = new RangeReader(remote, find, options.parallel);
  return {
    reference,
    size: descriptor.geometry.size,
    name: descriptor.name,
    mime: descriptor.mime,
    mtime: descriptor.mtime,
    read: (range, reading = {}) => reader.read(range, reading.signal),
    stream: (streaming = {}) => reader.stream(streaming),
    close: options.close,
  };
}

/** Bytes of chunks that `read` keeps, so that small reads side by side do not fetch a chunk each; at least one chunk. */
const keptBytes = 8_388_608;

class RangeReader {
  readonly #remote: RemoteFile;
  readonly #find: Find;
  readonly #geometry: Geometry;
  readonly #parallel: number;
  /** Newest last. */
  readonly #kept = new Map<number, Uint8Array>();

  constructor(remote: RemoteFile, find: Find, parallel: number | undefined) {
    this.#remote = remote;
    this.#find = find;
    this.#geometry = remote.descriptor.geometry;
    this.#parallel = boundedParallel(2 ** this.#geometry.log2, parallel);
  }

  async read({ offset, length }: { readonly offset: number; readonly length: number }, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    this.#check(offset, length);
    const bytes = new Uint8Array(length);
    const { first, last } = this.#chunksOf(offset, length);
    let index = first;
    const next = async (stop: AbortSignal): Promise<TransferTask | undefined> => {
      if (index > last) return undefined;
      const chunk = index++;
      const fetch = this.#kept.has(chunk) ? undefined : await this.#find(chunk, stop);
      return async (stopped) => {
        const content = await this.#content(chunk, fetch, stopped);
        const start = chunk * 2 ** this.#geometry.log2;
        const part = content.subarray(Math.max(0, offset - start), offset + length - start);
        bytes.set(part, Math.max(0, start - offset));
        return part.length;
      };
    };
    await runTransfers(next, { ...this.#remote.ports, parallel: this.#parallel, signal });
    return bytes;
  }

  async #content(chunk: number, fetch: Awaited<ReturnType<Find>> | undefined, signal: AbortSignal): Promise<Uint8Array> {
    const content = this.#kept.get(chunk) ?? (await (fetch ?? (await this.#find(chunk, signal)))(signal));
    this.#kept.delete(chunk);
    this.#kept.set(chunk, content);
    const most = Math.max(1, Math.floor(keptBytes / 2 ** this.#geometry.log2));
    for (const oldest of this.#kept.keys()) if (this.#kept.size > most) this.#kept.delete(oldest);
    return content;
  }

  stream({ offset = 0, length, signal, onProgress }: StreamOptions): ReadableStream<Uint8Array> {
    signal?.throwIfAborted();
    const wanted = length ?? Math.max(0, this.#geometry.size - offset);
    this.#check(offset, wanted);
    const range = this.#chunksOf(offset, wanted);
    const { ports } = this.#remote;
    const chunks = new Prefetch(this.#find, range, { ...ports, parallel: this.#parallel, signal });
    const meter = new ProgressMeter(ports.clock, { total: wanted });
    let start = range.first * 2 ** this.#geometry.log2;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const content = await chunks.take();
          if (content === undefined) return controller.close();
          const part = content.subarray(Math.max(0, offset - start), offset + wanted - start);
          start += 2 ** this.#geometry.log2;
          onProgress?.(meter.moved(part.length));
          controller.enqueue(part);
        },
        cancel: (reason) => chunks.stop(reason),
      },
      // Nothing is fetched before somebody reads; from then on `Prefetch` looks ahead.
      { highWaterMark: 0 },
    );
  }

  #check(offset: number, length: number): void {
    const end = offset + length;
    if (Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && end <= this.#geometry.size) return;
    throw new FileSharingError("out-of-range", `The file has ${this.#geometry.size} bytes; what was asked for is not within them.`);
  }

  /** Of no bytes, no chunks: `last` before `first`. */
  #chunksOf(offset: number, length: number): { readonly first: number; readonly last: number } {
    const chunkSize = 2 ** this.#geometry.log2;
    const first = Math.floor(offset / chunkSize);
    return { first, last: length === 0 ? first - 1 : Math.floor((offset + length - 1) / chunkSize) };
  }
}
