import { createHash } from "node:crypto";
import type { LocalStore } from "@cweb/storage-local";

/** What stands whole under a path of its own, while nobody has been told yet. */
export interface FetchedNote {
  /** Which bytes of which file. */
  readonly what: string;
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

const nameOf = (path: string): string => `cli/fetched/${createHash("sha256").update(path).digest("hex")}`;

/**
 * Kept from just before a file gets its name until its line was printed: a process that is killed in between leaves a file that the next one
 * must know as its own, rather than refuse to overwrite it.
 */
export class FetchedNotes {
  readonly #local: LocalStore;

  constructor(local: LocalStore) {
    this.#local = local;
  }

  async load(path: string): Promise<FetchedNote | undefined> {
    const name = nameOf(path);
    const record = (await this.#local.load([name])).get(name);
    return record && (JSON.parse(new TextDecoder().decode(record.bytes)) as FetchedNote);
  }

  async save(path: string, note: FetchedNote): Promise<void> {
    const put = new Map([[nameOf(path), new TextEncoder().encode(JSON.stringify(note))]]);
    await this.#local.commit({ expected: new Map(), put, remove: new Set() });
  }

  async remove(path: string): Promise<void> {
    await this.#local.commit({ expected: new Map(), put: new Map(), remove: new Set([nameOf(path)]) });
  }
}
