/** What is kept of an object beside its bytes. It stands behind the bytes in the same file, so both change at once (SPEC §5.3). */
export interface Description {
  readonly key: string;
  /** Bytes of content. */
  readonly size: number;
  /** Without quotes: MD5 in hex, for multipart objects `MD5-of-MD5s-COUNT`. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Headers to give back: `content-type`, `cache-control`, `x-amz-meta-…`; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Checksums by algorithm (`crc32`, …), base64. */
  readonly checksums: Readonly<Record<string, string>>;
}

const magic = Buffer.from("cwebs3\0\x01", "latin1");
/** Bytes of the fixed end of a file: length of the description (u32, big-endian) and the magic. */
export const tailBytes = 12;
export const maxDescriptionBytes = 65_536;

export function encodeDescription(description: Description): Uint8Array {
  const json = Buffer.from(JSON.stringify(description), "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([json, length, magic]);
}

/** The length of the description that ends a file, from its last 12 bytes; undefined where the file is not one of ours. */
export function descriptionLength(tail: Uint8Array): number | undefined {
  const bytes = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength);
  if (bytes.length !== tailBytes || !bytes.subarray(4).equals(magic)) return undefined;
  const length = bytes.readUInt32BE(0);
  return length <= maxDescriptionBytes ? length : undefined;
}

/** Undefined where the bytes are no description or do not fit the file's length. */
export function decodeDescription(json: Uint8Array, fileBytes: number): Description | undefined {
  try {
    const value = JSON.parse(Buffer.from(json).toString("utf8")) as Description;
    const whole = typeof value.key === "string" && typeof value.etag === "string" && Number.isFinite(value.modified);
    const fits = value.size === fileBytes - json.length - tailBytes;
    return whole && fits && typeof value.headers === "object" && typeof value.checksums === "object" ? value : undefined;
  } catch {
    return undefined; // a damaged file is treated as absent rather than as half an object
  }
}
