import { type FileHandle, open } from "node:fs/promises";
import { type Description, decodeDescription, descriptionLength, maxDescriptionBytes, tailBytes } from "../core/description.ts";
import type { ByteRange } from "../core/range.ts";
import { isMissing } from "./durable.ts";

/** Up to this size a file is read at once; above, it streams. */
const smallBytes = 256 * 1024;
/** What is larger than `onePieceBytes` comes in pieces: each costs a few calls, so that objects of a file chunk's size are one. */
const onePieceBytes = 2 * 1024 * 1024;
const pieceBytes = 512 * 1024;
/** Nearly every description fits in so much of a file's end. */
const endingBytes = 4096;

/** An open object: it stays whole and unchanged even when the name is overwritten or removed meanwhile. Must be closed. */
export interface StoredObject {
  readonly description: Description;
  /** The content's bytes in `range`, at once where the object is small, else in pieces that belong to whoever reads them. */
  content(range: ByteRange | undefined): Uint8Array | AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Undefined where there is no such file, or it is damaged. */
export async function openStored(path: string): Promise<StoredObject | undefined> {
  const handle = await openIfThere(path);
  if (!handle) return undefined;
  let keep = false;
  try {
    const { size } = await handle.stat();
    if (size <= smallBytes) {
      const file = await readAt(handle, 0, size);
      const description = describe(file, size);
      return description && whole(description, file);
    }
    const description = await describeOpen(handle, size);
    if (!description) return undefined;
    keep = true;
    return streaming(description, handle);
  } finally {
    if (!keep) await handle.close();
  }
}

/** Only the description; undefined as above. */
export async function describeStored(path: string): Promise<Description | undefined> {
  const handle = await openIfThere(path);
  if (!handle) return undefined;
  try {
    const { size } = await handle.stat();
    return await describeOpen(handle, size);
  } finally {
    await handle.close();
  }
}

async function describeOpen(handle: FileHandle, size: number): Promise<Description | undefined> {
  const near = Math.min(size, endingBytes);
  const ending = await readAt(handle, size - near, near);
  const length = descriptionLength(ending.subarray(-tailBytes));
  if (length === undefined || length + tailBytes <= near) return describe(ending, size);
  const far = Math.min(size, maxDescriptionBytes + tailBytes);
  return describe(await readAt(handle, size - far, far), size);
}

function describe(ending: Buffer, fileBytes: number): Description | undefined {
  const length = descriptionLength(ending.subarray(-tailBytes));
  if (length === undefined || length + tailBytes > ending.length) return undefined;
  return decodeDescription(ending.subarray(-tailBytes - length, -tailBytes), fileBytes);
}

function whole(description: Description, file: Buffer): StoredObject {
  return {
    description,
    content: (range) => file.subarray(range?.start ?? 0, (range?.end ?? description.size - 1) + 1),
    close: () => Promise.resolve(),
  };
}

function streaming(description: Description, handle: FileHandle): StoredObject {
  return {
    description,
    content(range) {
      const start = range?.start ?? 0;
      const end = range?.end ?? description.size - 1;
      if (end < start) return new Uint8Array(0);
      return piecesOf(handle, start, end);
    },
    close: () => handle.close(),
  };
}

/** One piece ahead, so that the disk works while the network does. */
async function* piecesOf(handle: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  const most = end - start < onePieceBytes ? onePieceBytes : pieceBytes;
  const from = (at: number): Promise<Buffer> => {
    const reading = readAt(handle, at, Math.min(most, end + 1 - at));
    // Nobody may be left to wait for it.
    reading.catch(() => undefined);
    return reading;
  };
  let ahead = from(start);
  for (let at = start; at <= end; ) {
    const piece = await ahead;
    if (piece.length === 0) throw new Error("an object's file was shortened");
    at += piece.length;
    if (at <= end) ahead = from(at);
    yield piece;
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  // Not cleared first: only what was read is given on.
  const buffer = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}
