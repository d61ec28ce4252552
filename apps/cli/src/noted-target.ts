import { createHash } from "node:crypto";
import type { FileTarget } from "@cweb/file-sharing";
import type { FetchedNote, FetchedNotes } from "./fetched-notes.ts";

interface Cancellable {
  readonly signal?: AbortSignal;
}

const step = 1_048_576;

/** A target that knows the hash of what it shows, and notes it before it does. */
export class NotedTarget implements FileTarget {
  readonly id: string;
  readonly #inner: FileTarget;
  readonly #notes: FetchedNotes;
  readonly #what: string;
  #size = 0;
  #note: FetchedNote | undefined;

  /** `what` tells apart what may be fetched to this place. */
  constructor(inner: FileTarget, notes: FetchedNotes, what: string) {
    this.id = inner.id;
    this.#inner = inner;
    this.#notes = notes;
    this.#what = what;
  }

  /** What an earlier run put here whole and could not tell any more. */
  async finishedBefore(options: Cancellable): Promise<FetchedNote | undefined> {
    const note = await this.#notes.load(this.id);
    if (note?.what !== this.#what || !(await this.#inner.openFinished?.(options))) return undefined;
    try {
      if ((await this.#hash(note.size, options)) !== note.sha256) return undefined;
      // It may have died before it could take away the partial file's name.
      await this.#inner.discard(options);
      return note;
    } finally {
      await this.#inner.close();
    }
  }

  /** What stands here now that the transfer is over. */
  async finished(options: Cancellable): Promise<FetchedNote> {
    if (this.#note) return this.#note;
    // An earlier run had named it, and the transfer had nothing left to do.
    await this.#inner.openFinished?.(options);
    try {
      return { what: this.#what, size: this.#size, sha256: await this.#hash(this.#size, options) };
    } finally {
      await this.#inner.close();
    }
  }

  async open(size: number, options?: Cancellable): Promise<void> {
    this.#size = size;
    await this.#inner.open(size, options);
  }

  read(offset: number, length: number, options?: Cancellable): Promise<Uint8Array> {
    return this.#inner.read(offset, length, options);
  }

  write(offset: number, bytes: Uint8Array, options?: Cancellable): Promise<void> {
    return this.#inner.write(offset, bytes, options);
  }

  sync(options?: Cancellable): Promise<void> {
    return this.#inner.sync(options);
  }

  async finish(options: Cancellable = {}): Promise<void> {
    const note = { what: this.#what, size: this.#size, sha256: await this.#hash(this.#size, options) };
    await this.#notes.save(this.id, note);
    await this.#inner.finish(options);
    this.#note = note;
  }

  openFinished(options?: Cancellable): Promise<boolean> {
    return this.#inner.openFinished?.(options) ?? Promise.resolve(false);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  discard(options?: Cancellable): Promise<void> {
    return this.#inner.discard(options);
  }

  async #hash(size: number, options: Cancellable): Promise<string> {
    const hash = createHash("sha256");
    for (let offset = 0; offset < size; ) {
      const bytes = await this.#inner.read(offset, Math.min(step, size - offset), options);
      // Shorter than it was: the hash will tell.
      if (bytes.length === 0) break;
      hash.update(bytes);
      offset += bytes.length;
    }
    return hash.digest("hex");
  }
}
