import { FileSharingError } from "./file-sharing-error.ts";
import type { FileTarget } from "./file-target.ts";

/** A file in memory: for tests, for browsers, for files known to be small. */
export interface MemoryTarget extends FileTarget {
  /** An owned copy of the file once it is whole; `undefined` before. */
  finished(): Uint8Array | undefined;
}

/** Keeps what was written as long as the object lives, across several downloads to it. `id` names it as `FileTarget.id` does. */
export function memoryTarget(id: string = "memory"): MemoryTarget {
  return new Memory(id);
}

class Memory implements MemoryTarget {
  readonly id: string;
  #size = 0;
  #bytes = new Uint8Array();
  #isFinished = false;

  constructor(id: string) {
    this.id = id;
  }

  async open(size: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#isFinished) throw new FileSharingError("target-exists", "This memory target holds a finished file already.");
    this.#size = size;
  }

  async read(offset: number, length: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Uint8Array> {
    signal?.throwIfAborted();
    return this.#bytes.slice(offset, offset + length);
  }

  async write(offset: number, bytes: Uint8Array, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    const end = offset + bytes.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(bytes, offset);
  }

  #grow(length: number): void {
    const grown = new Uint8Array(length);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  async sync(): Promise<void> {
    // Memory is as durable as it gets.
  }

  async finish({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#bytes.length !== this.#size) this.#bytes = this.#bytes.slice(0, this.#size);
    this.#isFinished = true;
  }

  async openFinished({ signal }: { readonly signal?: AbortSignal } = {}): Promise<boolean> {
    signal?.throwIfAborted();
    return this.#isFinished;
  }

  async close(): Promise<void> {
    // Nothing was taken.
  }

  async discard(): Promise<void> {
    if (!this.#isFinished) this.#bytes = new Uint8Array();
  }

  finished(): Uint8Array | undefined {
    return this.#isFinished ? this.#bytes.slice() : undefined;
  }
}
