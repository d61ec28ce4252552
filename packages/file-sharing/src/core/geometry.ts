import { FileSharingError } from "../file-sharing-error.ts";
import { limits } from "./limits.ts";

/**
 * The size to which `size` bytes are padded: Padmé, at least 4,096 (SPEC §3.2). It shows at most the upper log2(log2(size)) bits of a size
 * and costs at most 6.3 %.
 */
export function padme(size: number): number {
  const length = Math.max(size, limits.minPadded);
  let exponent = 0;
  while (2 ** (exponent + 1) <= length) exponent++;
  let bits = 0;
  while (2 ** bits <= exponent) bits++;
  const unit = 2 ** (exponent - bits);
  return Math.ceil(length / unit) * unit;
}

/** The shape of a file's tree. */
export interface Geometry {
  readonly size: number;
  readonly paddedSize: number;
  readonly log2: number;
  readonly totalChunks: number;
  /** Levels above the chunks, the root included: 1 to 3. */
  readonly depth: number;
}

/** Whether a tree of at most three levels holds it. */
export function isTooLarge(size: number, log2: number): boolean {
  return size > limits.size || padme(size) > limits.fanout ** limits.depth * 2 ** log2;
}

/** The one shape that a file of `size` bytes in chunks of 2^log2 has. Throws `too-large`. */
export function geometryOf(size: number, log2: number): Geometry {
  if (isTooLarge(size, log2)) throw new FileSharingError("too-large", "This file is larger than a shared file can be.");
  const paddedSize = padme(size);
  const totalChunks = Math.ceil(paddedSize / 2 ** log2);
  let depth = 1;
  for (let top = totalChunks; top > limits.fanout; depth++) top = Math.ceil(top / limits.fanout);
  return { size, paddedSize, log2, totalChunks, depth };
}

/** How many objects `level` has: chunks at level 0, pages above, one root at level `depth`. */
export function countAt({ totalChunks, depth }: Geometry, level: number): number {
  return level === depth ? 1 : Math.ceil(totalChunks / limits.fanout ** level);
}

/** How many entries the page `index` of `level` has (`level` = depth: the root); they are for the objects from `index * fanout` one level below. */
export function entriesOf(geometry: Geometry, level: number, index: number): number {
  return Math.min(limits.fanout, countAt(geometry, level - 1) - index * limits.fanout);
}

/** Bytes of the chunk `index` before sealing, padding included. */
export function chunkLength({ paddedSize, log2 }: Geometry, index: number): number {
  return Math.min(2 ** log2, paddedSize - index * 2 ** log2);
}

/** How many of them are the file's: what follows is zeros. */
export function contentLength({ size, log2 }: Geometry, index: number): number {
  return Math.max(0, Math.min(2 ** log2, size - index * 2 ** log2));
}

/** The page of `level` (1 to depth) above a chunk, and the place in it of the entry that leads there. */
export function placeOf(level: number, chunk: number): { readonly page: number; readonly place: number } {
  const below = Math.floor(chunk / limits.fanout ** (level - 1));
  return { page: Math.floor(below / limits.fanout), place: below % limits.fanout };
}
