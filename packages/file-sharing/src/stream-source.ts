import { FileSharingError } from "./file-sharing-error.ts";
import type { FileSource } from "./file-source.ts";

/**
 * A stream, read once from its beginning to its end, which may be unknown until it comes. To go on with an interrupted upload, give the same
 * bytes again as a new stream. `size`: its length in bytes where that is known.
 */
export function streamSource(stream: ReadableStream<Uint8Array>, options: { readonly size?: number } = {}): FileSource {
  return new StreamSource(stream, options.size);
}

class StreamSource implements FileSource {
  readonly size: number | undefined;
  readonly skips = false;
  readonly isFresh = true;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What has come and was not asked for yet. */
  #rest: Uint8Array = new Uint8Array();
  #position = 0;
  #hasEnded = false;

  constructor(stream: ReadableStream<Uint8Array>, size: number | undefined) {
    this.size = size;
    this.#reader = stream.getReader();
  }

  async read(offset: number, length: number, options: { readonly signal?: AbortSignal } = {}): Promise<Uint8Array> {
    if (offset !== this.#position) throw new FileSharingError("source-gone", "A stream can be read once, from its beginning.");
    const whole = new Uint8Array(length);
    let filled = 0;
    while (filled < length && (await this.#more(options.signal))) {
      const part = this.#rest.subarray(0, length - filled);
      whole.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    this.#position += filled;
    return whole.subarray(0, filled);
  }

  /** Whether there is a rest to take from. */
  async #more(signal: AbortSignal | undefined): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#hasEnded) {
      const { done, value } = await this.#next(signal);
      this.#hasEnded = done;
      this.#rest = value ?? this.#rest;
    }
    return this.#rest.length > 0;
  }

  async #next(signal: AbortSignal | undefined): Promise<ReadableStreamReadResult<Uint8Array>> {
    signal?.throwIfAborted();
    // A stream knows no signal: cancelling it ends the read that waits.
    const abort = (): void => void this.#reader.cancel(signal?.reason).catch(() => undefined);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const result = await this.#reader.read();
      signal?.throwIfAborted();
      return result;
    } catch (cause) {
      signal?.throwIfAborted();
      throw new FileSharingError("source-gone", "The stream failed while it was read; what was sent is kept.", { cause });
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }
}
