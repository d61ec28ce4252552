/** Counts, and sizes in bytes (SPEC §8). */
export const limits = {
  /** Largest file. Its tree has at most three levels above the chunks, whatever the chunks' size of the two that publishers choose. */
  size: 2 ** 49,
  /** Chunks hold 2^log2 bytes: from 1 KiB to 8 MiB. */
  minLog2: 10,
  maxLog2: 23,
  /** Entries of one page, and of the root. */
  fanout: 960,
  /** Levels above the chunks, the root included. */
  depth: 3,
  entry: 64,
  /** A page or a root as it is stored. */
  page: 65_536,
  reference: 1_024,
  name: 255,
  mime: 127,
  /** Characters of the name of an upload. */
  key: 1_024,
  /** Characters of a fingerprint. */
  fingerprint: 256,
  recipients: 4_096,
  recipient: 256,
  /** Of padded content. */
  minPadded: 4_096,
} as const;

/** Publishers' choice of log2 (SPEC §3.1). */
export const chunkLog2: { readonly usual: number; readonly large: number; readonly largeFrom: number } = {
  usual: 20,
  large: 23,
  /** Files above this many bytes have large chunks. */
  largeFrom: 64 * 2 ** 30,
};
