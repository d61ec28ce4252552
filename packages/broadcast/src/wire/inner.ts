import { bytes, bytesUpTo, codec, SerializationError, struct, type TypeOf, u64, uint } from "@cweb/serialization";
import { limits } from "../core/limits.ts";

/** 0: the initial message of a session. 1: one-off items. */
export const innerKinds = { init: 0, oneOff: 1 } as const;

const inner = struct({
  kind: uint(1),
  gen: u64,
  initSeq: u64,
  sawSeq: u64,
  incarnation: u64,
  ephemeralKey: bytes(32),
  ciphertext: bytes(1_088),
  sealed: bytesUpTo(limits.sealed),
});

/** What an entry holds (SPEC §3.2). `sealed` is ciphertext: nothing here needs to be kept secret at rest. */
export type Inner = TypeOf<typeof inner>;

export const innerMessage = codec(inner, { maxBytes: limits.inner });

export function decodeInner(message: Uint8Array): Inner | undefined {
  try {
    return innerMessage.decode(message);
  } catch (error) {
    if (error instanceof SerializationError) return undefined;
    throw error;
  }
}
