import { chunkLength, contentLength, type Geometry, geometryOf } from "./core/geometry.ts";
import { limits } from "./core/limits.ts";
import { FileSharingError } from "./file-sharing-error.ts";
import type { FileSource } from "./file-source.ts";

interface Cancellable {
  readonly signal?: AbortSignal;
}

export function sourceChanged(what: string): FileSharingError {
  return new FileSharingError(
    "source-changed",
    `The file changed while it was read (${what}); what was sent is kept: share it again to go on.`,
  );
}

/** A source cut into chunks with the padding behind its end. Chunks are asked for in rising order, one at a time. */
export class ChunkReader {
  readonly #source: FileSource;
  readonly #log2: number;
  #geometry: Geometry | undefined;

  /** Throws `too-large`. */
  constructor(source: FileSource, log2: number) {
    this.#source = source;
    this.#log2 = log2;
    if (source.size !== undefined) this.#geometry = geometryOf(source.size, log2);
  }

  /** Known from the beginning, or once the end of the source was read. */
  get geometry(): Geometry | undefined {
    return this.#geometry;
  }

  /** The chunk `index` as it is sealed; `undefined` behind the last one. Throws `source-changed`, `too-large`. */
  async read(index: number, options: Cancellable = {}): Promise<Uint8Array | undefined> {
    const content = await this.#content(index, options);
    const geometry = this.#geometry;
    if (geometry === undefined) return content;
    if (index >= geometry.totalChunks) return undefined;
    const length = chunkLength(geometry, index);
    if (content.length === length) return content;
    const padded = new Uint8Array(length);
    padded.set(content);
    return padded;
  }

  async #content(index: number, options: Cancellable): Promise<Uint8Array> {
    const geometry = this.#geometry;
    const offset = index * 2 ** this.#log2;
    if (geometry === undefined) return this.#untilTheEnd(offset, options);
    const wanted = contentLength(geometry, index);
    if (index === geometry.totalChunks) await this.#checkEnd(geometry.size, options);
    if (wanted <= 0) return new Uint8Array();
    const content = await this.#source.read(offset, wanted, options);
    if (content.length !== wanted) throw sourceChanged("its length is another");
    return content;
  }

  /** Of a source of unknown size: less than a whole chunk is the end. */
  async #untilTheEnd(offset: number, options: Cancellable): Promise<Uint8Array> {
    const whole = 2 ** this.#log2;
    if (offset >= limits.size) throw new FileSharingError("too-large", "This stream is longer than a shared file can be.");
    const content = await this.#source.read(offset, whole, options);
    if (content.length > whole) throw sourceChanged("it gave more than was asked for");
    if (content.length < whole) this.#geometry = geometryOf(offset + content.length, this.#log2);
    return content;
  }

  /** A source that said how long it is must end there; one with a fingerprint, too: systems have files that say that they are empty, and are not. */
  async #checkEnd(size: number, options: Cancellable): Promise<void> {
    if (this.#source.size === undefined) return;
    if ((await this.#source.read(size, 1, options)).length > 0) throw sourceChanged("it is longer than it said");
  }
}
