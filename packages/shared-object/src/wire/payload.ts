import { bytesUpTo, type Codec, codec, struct, text, u64 } from "@cweb/serialization";
import { limits } from "../core/limits.ts";

/** The payload of a record of kind value or fileReference (SPEC §3.2). */
export interface Payload {
  /** What the object is for, at most 64 bytes. */
  readonly topic: string;
  /** The version of the record that brought this value: later ones may repeat it. */
  readonly valueVersion: number;
  /** The value, or the reference of the file that holds it. */
  readonly content: Uint8Array;
}

export const payload: Codec<Payload> = codec(
  struct({ topic: text(limits.topic), valueVersion: u64, content: bytesUpTo(limits.inlineValue) }),
  {
    maxBytes: limits.inlineValue + 128,
  },
);
