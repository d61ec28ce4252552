import type { Contact } from "@cweb/discovery";
import type { Path, ReadResult, RemoteReader, Version } from "@cweb/storage-remote";
import type { SessionOptions } from "./options.ts";

/** No object of the protocol is as long as this one: it is refused like any other that is not right. */
const oversized: ReadResult = { kind: "found", bytes: new Uint8Array(), version: "" as Version };

/** Asks a contact's bucket for one object at a time, and counts. */
export class ContactBucket {
  /** GETs so far. */
  gets = 0;
  readonly #openReader: SessionOptions["openReader"];
  /** Answers that were asked for and not taken in yet. */
  readonly #held = new Map<Path, ReadResult>();

  constructor(openReader: SessionOptions["openReader"]) {
    this.#openReader = openReader;
  }

  /** The next `read` of this path answers the same, without another GET. */
  hold(path: Path, answer: ReadResult): void {
    this.#held.set(path, answer);
  }

  holds(path: Path): boolean {
    return this.#held.has(path);
  }

  async read(
    contact: Contact,
    path: Path,
    maxBytes: number,
    unless: Version | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ReadResult> {
    const held = this.#held.get(path);
    this.#held.delete(path);
    if (held) return held;
    this.gets++;
    const reader: RemoteReader = this.#openReader(contact.profile);
    try {
      return await reader.read(path, { maxBytes, ...(unless === undefined ? {} : { unless }), ...(signal ? { signal } : {}) });
    } catch (failure) {
      if (isStorageFailure(failure) && failure.code === "too-large") return oversized;
      throw failure;
    }
  }
}

/** The ports of storage-remote throw errors of one class; it is told by its name so that a third party's port may bring its own. */
export function isStorageFailure(failure: unknown): failure is Error & { readonly code: unknown } {
  return failure instanceof Error && failure.name === "StorageRemoteError" && "code" in failure;
}
