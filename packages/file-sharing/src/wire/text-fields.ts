import { mapped, SerializationError, text, type WireType } from "@cweb/serialization";
import { limits } from "../core/limits.ts";

/** C0, DEL and C1 controls: a name is shown on terminals. Nothing else of it is judged here, and it is never a path. */
const controls = /\p{Cc}/u;
const printable = /^[ -~]+$/;

function checked(is: (value: string) => boolean, expected: string): (value: string) => string {
  return (value) => {
    if (!is(value)) throw new SerializationError("schema", `expected ${expected}`);
    return value;
  };
}
const name = checked((value) => value.length > 0 && !controls.test(value), "a name without control characters");
const mime = checked((value) => printable.test(value), "a media type in printable ASCII");

/** 1 to 255 bytes of UTF-8 without control characters. */
export const nameType: WireType<string> = mapped(text(limits.name), name, name);
/** 1 to 127 printable ASCII characters. */
export const mimeType: WireType<string> = mapped(text(limits.mime), mime, mime);
