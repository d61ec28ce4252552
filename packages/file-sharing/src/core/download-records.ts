import { type CipherSuite, concat, encodeBase32, utf8 } from "@cweb/crypto";
import { bytes, bytesUpTo, type Codec, codec, SerializationError, struct, type TypeOf, text, u64, uint } from "@cweb/serialization";
import { FileSharingError } from "../file-sharing-error.ts";
import type { FileReference } from "../wire/file-reference.ts";
import { decodeFileId } from "./file-id.ts";
import { limits } from "./limits.ts";

/** One download: a file and the place where it grows. 26 characters. */
export type DownloadId = string & { readonly __brand: "DownloadId" };

export const longestTargetId = 1024;

export function downloadId(crypto: CipherSuite, reference: FileReference, targetId: string): DownloadId {
  const digest = crypto.sha256(concat(decodeFileId(reference.fileId), reference.rootHash, utf8(targetId)));
  return encodeBase32(digest.subarray(0, 16)) as DownloadId;
}

/** Chunks that one record tells of: few, so that writing it again for each is cheap. */
export const segmentChunks = 64;
const saltLength = 24;

export const headPrefix = "file/down/head/";
export const headName = (id: DownloadId): string => `${headPrefix}${id}`;
export const segmentPrefix = (id: DownloadId): string => `file/down/segment/${id}/`;
export const segmentName = (id: DownloadId, segment: number): string => `${segmentPrefix(id)}${segment.toString(16).padStart(8, "0")}`;
export const segmentIn = (name: string): number => Number.parseInt(name.slice(-8), 16);

/** Our own records come from our own disk: bytes that do not decode are damage, not input. */
function record<T>(type: Parameters<typeof codec<T>>[0], maxBytes: number): Codec<T> {
  const inner = codec(type, { maxBytes });
  return {
    encode: inner.encode,
    decode(stored: Uint8Array): T {
      try {
        return inner.decode(stored);
      } catch (cause) {
        if (!(cause instanceof SerializationError)) throw cause;
        throw new FileSharingError("corrupt-state", "A record of a download is damaged: forget the download and start it again.", {
          cause,
        });
      }
    },
  };
}

/** `finishing`: every chunk is there, and the file may have its final name already. */
export const downloadStates = ["downloading", "finishing"] as const;

const headType = struct({
  reference: bytesUpTo(limits.reference),
  target: text(longestTargetId * 3),
  state: uint(downloadStates.length - 1),
  log2: uint(limits.maxLog2),
  /** Milliseconds since 1970. */
  startedAt: u64,
});
export type DownloadHead = TypeOf<typeof headType>;
export const headCodec: Codec<DownloadHead> = record(headType, 8192);

const segmentType = struct({ bitmap: bytes(segmentChunks / 8), salts: bytes(segmentChunks * saltLength) });

/** Which of 64 chunks have arrived, each with the salt of its sealed form (24 bytes). */
export type Segment = TypeOf<typeof segmentType>;
export const segmentCodec: Codec<Segment> = record(segmentType, 2048);

export const emptySegment = (): Segment => ({
  bitmap: new Uint8Array(segmentChunks / 8),
  salts: new Uint8Array(segmentChunks * saltLength),
});

/** `undefined`: has not arrived. `place`: 0 to 63. */
export function saltAt({ bitmap, salts }: Segment, place: number): Uint8Array | undefined {
  if (((bitmap[place >> 3] ?? 0) & (1 << (place & 7))) === 0) return undefined;
  return salts.slice(place * saltLength, (place + 1) * saltLength);
}

/** The segment with one more chunk, or with another salt for one. */
export function withSalt(segment: Segment, place: number, salt: Uint8Array): Segment {
  const bitmap = segment.bitmap.slice();
  bitmap[place >> 3] = (bitmap[place >> 3] ?? 0) | (1 << (place & 7));
  const salts = segment.salts.slice();
  salts.set(salt, place * saltLength);
  return { bitmap, salts };
}
