import { pad, sealOverhead, unpad } from "@cweb/crypto";
import { bytesUpTo, codec, literal, nullable, SerializationError, struct, u64, uint } from "@cweb/serialization";
import { entriesOf, type Geometry, geometryOf, isTooLarge } from "../core/geometry.ts";
import { limits } from "../core/limits.ts";
import { FileSharingError } from "../file-sharing-error.ts";
import { type FileReference, fileIdType } from "./file-reference.ts";
import { decodeEntries, type Entry, encodeEntries } from "./page.ts";
import { mimeType, nameType } from "./text-fields.ts";

/** The content of a file's root: its shape, what is known of it, and the top of its tree. */
export interface ContentDescriptor {
  readonly fileId: FileReference["fileId"];
  readonly geometry: Geometry;
  readonly name: string;
  readonly mime: string;
  /** Milliseconds since 1970 of the last change of its content, as its owner says. */
  readonly mtime: number | undefined;
  /** One for each object of level `depth - 1`. */
  readonly entries: readonly Entry[];
}

const descriptorCodec = codec(
  struct(
    {
      version: literal(1),
      fileId: fileIdType,
      size: u64,
      paddedSize: u64,
      log2: uint(255),
      totalChunks: uint(),
      depth: uint(255),
      name: nameType,
      mime: mimeType,
      mtime: nullable(u64),
      entries: bytesUpTo(limits.fanout * limits.entry, limits.entry),
    },
    { extensible: true },
  ),
  { maxBytes: limits.page },
);

/** The root before sealing, padded so that it is stored as 65,536 bytes. */
export function encodeContentDescriptor({ fileId, geometry, name, mime, mtime, entries }: ContentDescriptor): Uint8Array {
  const { size, paddedSize, log2, totalChunks, depth } = geometry;
  const packed = descriptorCodec.encode({
    version: 1,
    fileId,
    size,
    paddedSize,
    log2,
    totalChunks,
    depth,
    name,
    mime,
    mtime: mtime ?? null,
    entries: encodeEntries(entries),
  });
  return pad(packed, limits.page - sealOverhead);
}

const invalid = (what: string, cause?: unknown): FileSharingError =>
  new FileSharingError("descriptor-invalid", `The file's description contradicts itself (${what}): ask its owner to share it again.`, {
    cause,
  });

/** The shape, where its numbers are those that the size asks for: there is one for each size and chunk size. */
function checkedGeometry(claimed: Geometry): Geometry {
  if (claimed.log2 < limits.minLog2 || claimed.log2 > limits.maxLog2) throw invalid("chunk size");
  if (isTooLarge(claimed.size, claimed.log2)) throw invalid("size");
  const geometry = geometryOf(claimed.size, claimed.log2);
  if (claimed.paddedSize !== geometry.paddedSize) throw invalid("padded size");
  if (claimed.totalChunks !== geometry.totalChunks) throw invalid("number of chunks");
  if (claimed.depth !== geometry.depth) throw invalid("depth");
  return geometry;
}

/**
 * Reads an authenticated root (65,464 bytes) and holds it against the reference that led to it. Throws `FileSharingError`: `altered` where
 * the two disagree, `descriptor-invalid` where its form is another or its numbers do not fit each other.
 */
export function decodeContentDescriptor(root: Uint8Array, reference: FileReference): ContentDescriptor {
  const packed = unpad(root);
  if (packed === undefined) throw invalid("padding");
  const { fileId, name, mime, mtime, entries, ...numbers } = unpack(packed);
  const differs = (what: string): FileSharingError =>
    new FileSharingError("altered", `The reference's ${what} is not the one of the file that it names: do not trust it.`);
  if (fileId !== reference.fileId) throw differs("id");
  if (numbers.size !== reference.size) throw differs("size");
  if (name !== reference.name) throw differs("name");
  if (mime !== reference.mime) throw differs("media type");
  const geometry = checkedGeometry(numbers);
  if (entries.length !== limits.entry * entriesOf(geometry, geometry.depth, 0)) throw invalid("number of entries");
  return { fileId, geometry, name, mime, mtime: mtime ?? undefined, entries: decodeEntries(entries) };
}

function unpack(packed: Uint8Array): ReturnType<typeof descriptorCodec.decode> {
  try {
    return descriptorCodec.decode(packed);
  } catch (cause) {
    if (cause instanceof SerializationError) throw invalid("form", cause);
    throw cause;
  }
}
