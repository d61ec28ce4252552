import { SerializationError, type WireType } from "@cweb/serialization";
import { FileSharingError } from "../file-sharing-error.ts";
import type { TransferOptions } from "../progress.ts";
import { mimeType, nameType } from "../wire/text-fields.ts";
import { chunkLog2, limits } from "./limits.ts";
import type { Wanted } from "./upload.ts";

export interface PublishOptions extends TransferOptions {
  /** 1 to 255 bytes of UTF-8 without control characters: what the file is called, without folders. Readers take it as data. */
  readonly name: string;
  /** 1 to 127 printable ASCII characters. Default `application/octet-stream`. */
  readonly mime?: string;
  /** When its content last changed, in ms since 1970. */
  readonly mtime?: number;
  /**
   * Names this upload, 1 to 1,024 characters, such as a path: publishing again under it goes on with what was interrupted, and answers what is
   * finished without a request where the source is unchanged (a source without fingerprint: where size, name and type are the same).
   */
  readonly key?: string;
  /** Chunks of 2^chunkLog2 bytes, 10 to 23. Default 20 (1 MiB), for files above 64 GiB 23. Another value shows to the storage provider. */
  readonly chunkLog2?: number;
}

/** What a caller asked for, checked. */
export interface Publication extends Wanted {
  readonly key: string | undefined;
}

function fits(type: WireType<string>, value: string, what: string): string {
  try {
    return type.fromValue(value);
  } catch (cause) {
    if (!(cause instanceof SerializationError)) throw cause;
    throw new FileSharingError("bad-name", what, { cause });
  }
}

const bad = (what: string): FileSharingError => new FileSharingError("bad-options", what);

/** Throws `bad-name`, `bad-options`, `too-large`. */
export function checkPublication(options: PublishOptions, size: number | undefined, fingerprint: string | undefined): Publication {
  const { key, mtime } = options;
  const usual = size !== undefined && size > chunkLog2.largeFrom ? chunkLog2.large : chunkLog2.usual;
  const { chunkLog2: log2 = usual } = options;
  if (!Number.isInteger(log2) || log2 < limits.minLog2 || log2 > limits.maxLog2) throw bad("A chunk has 2^10 to 2^23 bytes.");
  if (key !== undefined && (key.length === 0 || key.length > limits.key || !key.isWellFormed())) {
    throw bad("The key of an upload has 1 to 1,024 characters.");
  }
  if (mtime !== undefined && !(Number.isSafeInteger(mtime) && mtime >= 0)) throw bad("A time is a whole number of ms since 1970.");
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) throw bad("The size of a source is a whole number of bytes.");
  if (fingerprint !== undefined && fingerprint.length > limits.fingerprint) throw bad("A fingerprint has at most 256 characters.");
  return {
    name: fits(nameType, options.name, "The name of a file has 1 to 255 bytes of UTF-8, without control characters."),
    mime: fits(mimeType, options.mime ?? "application/octet-stream", "A media type has 1 to 127 printable ASCII characters."),
    mtime,
    log2,
    size,
    fingerprint,
    key,
  };
}
