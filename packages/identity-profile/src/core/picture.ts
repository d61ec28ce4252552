import { bytesUpTo, mapped, SerializationError, text, tuple, type WireType } from "@cweb/serialization";
import { limits } from "./limits.ts";

/** Formats that every browser shows and that run no scripts. */
export type PictureType = "image/png" | "image/jpeg" | "image/webp" | "image/avif" | "image/gif";

export interface Picture {
  readonly mime: PictureType;
  /** At most 256 KiB that begin as the type says. Beyond that nobody has looked at them. */
  readonly bytes: Uint8Array;
}

const latin1 = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

/** An AVIF's first box lists its brands; the box's length is bounded by what is there. */
function isAvif(bytes: Uint8Array): boolean {
  if (bytes.length < 16 || latin1(bytes, 4, 8) !== "ftyp") return false;
  const length = Math.min(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), bytes.length, 128);
  const brands = Array.from({ length: Math.floor(length / 4) }, (_, i) =>
    i === 0 || i === 1 || i === 3 ? "" : latin1(bytes, 4 * i, 4 * i + 4),
  );
  return brands.includes("avif") || brands.includes("avis");
}

const begins: Readonly<Record<PictureType, (bytes: Uint8Array) => boolean>> = {
  "image/png": (bytes) => latin1(bytes, 0, 8) === "\x89PNG\r\n\x1a\n",
  "image/jpeg": (bytes) => latin1(bytes, 0, 3) === "\xff\xd8\xff",
  "image/webp": (bytes) => latin1(bytes, 0, 4) === "RIFF" && latin1(bytes, 8, 12) === "WEBP",
  "image/avif": isAvif,
  "image/gif": (bytes) => /^GIF8[79]a$/.test(latin1(bytes, 0, 6)),
};

const types = Object.keys(begins) as readonly PictureType[];

/** The type by which a picture's bytes begin (SPEC §4.2), `undefined` for anything else. */
export const pictureTypeOf = (bytes: Uint8Array): PictureType | undefined => types.find((mime) => begins[mime](bytes));

function checked(mime: string, bytes: Uint8Array): Picture {
  const known = types.find((one) => one === mime);
  if (!known || !begins[known](bytes)) throw new SerializationError("schema", "expected a picture of the type it is said to be");
  return { mime: known, bytes };
}

export const picture: WireType<Picture> = mapped(
  tuple(text(16), bytesUpTo(limits.picture)),
  ([mime, bytes]) => checked(mime, bytes),
  (own) => {
    const { mime, bytes } = checked(own?.mime, own?.bytes ?? new Uint8Array());
    return [mime, bytes] as const;
  },
);
