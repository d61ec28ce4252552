import { type Secret, secret } from "@cweb/crypto";
import {
  bytes,
  codec,
  decodeLine,
  encodeLine,
  literal,
  mapped,
  SerializationError,
  struct,
  type TypeOf,
  u64,
  value,
} from "@cweb/serialization";
import { decodeFileId, encodeFileId, type FileId } from "../core/file-id.ts";
import { limits } from "../core/limits.ts";
import { FileSharingError } from "../file-sharing-error.ts";
import { mimeType, nameType } from "./text-fields.ts";

/** All that somebody needs to read a file, beside read access to its owner's bucket. Whoever holds it can read the file. */
export interface FileReference {
  /** The Id of whoever stored it, 32 bytes: it says where to read. */
  readonly owner: Uint8Array;
  readonly fileId: FileId;
  /** 32 bytes. */
  readonly rootKey: Secret;
  /** SHA-256 of the stored root, 32 bytes. */
  readonly rootHash: Uint8Array;
  /** Bytes. */
  readonly size: number;
  /** 1 to 255 bytes of UTF-8 from the owner: data, never a path. */
  readonly name: string;
  /** 1 to 127 printable ASCII characters from the owner. */
  readonly mime: string;
}

/** The wire form of a file's id: 16 bytes. */
export const fileIdType = mapped(bytes(16), encodeFileId, decodeFileId);

const fields = struct(
  {
    version: literal(1),
    owner: bytes(32),
    fileId: fileIdType,
    rootKey: mapped(bytes(32), secret, (key: Secret) => key as Uint8Array),
    rootHash: bytes(32),
    size: mapped(u64, checkedSize, checkedSize),
    name: nameType,
    mime: mimeType,
  },
  { extensible: true },
);
const referenceCodec = codec(fields, { maxBytes: limits.reference });
const anyCodec = codec(value, { maxBytes: limits.reference });
const scheme = "cweb-file:";

function checkedSize(size: number): number {
  if (size > limits.size) throw new SerializationError("schema", "expected a size of at most 2^49 bytes");
  return size;
}

function refuse(cause: unknown): never {
  if (!(cause instanceof SerializationError)) throw cause;
  throw new FileSharingError(
    "bad-reference",
    'This is no complete reference to a file. As text, one is a line that begins with "cweb-file:"; copy the whole line.',
    { cause },
  );
}

/** At most 1 KiB, about 180 bytes beside the name. Throws `bad-reference` for fields outside their limits. */
export function encodeFileReference(reference: FileReference): Uint8Array {
  try {
    return referenceCodec.encode({ version: 1, ...reference } as TypeOf<typeof fields>);
  } catch (cause) {
    return refuse(cause);
  }
}

/** Throws `FileSharingError`: `unsupported-version` for one of a later version, `bad-reference` for everything else. */
export function decodeFileReference(data: Uint8Array): FileReference {
  try {
    const any = anyCodec.decode(data);
    if (Array.isArray(any) && typeof any[0] === "number" && any[0] > 1) {
      throw new FileSharingError("unsupported-version", "This reference to a file is of a later version of Cweb; update to read it.");
    }
    const { version: _, ...reference } = referenceCodec.decode(data);
    return reference;
  } catch (cause) {
    return refuse(cause);
  }
}

/** One line of text: `cweb-file:`, base64url, checksum (SPEC §5.2). As secret as the file. */
export function formatFileReference(reference: FileReference): string {
  return encodeLine(scheme, encodeFileReference(reference));
}

/** Reads what `formatFileReference` wrote; white space around it is ignored. Throws as `decodeFileReference`. */
export function parseFileReference(text: string): FileReference {
  try {
    return decodeFileReference(decodeLine(scheme, text, { maxBytes: limits.reference }));
  } catch (cause) {
    return refuse(cause);
  }
}
