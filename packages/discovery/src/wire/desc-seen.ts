import { bytes, codec, SerializationError, struct, u64 } from "@cweb/serialization";

/** The rider by which a peer tells which of the owner's descriptors it sees. */
export interface DescSeen {
  readonly seq: number;
  /** SHA-256(D), 32 bytes. */
  readonly hash: Uint8Array;
}

/** The rider's kind in session messages. */
export const descSeenRider = 1;

const rider = codec(struct({ seq: u64, hash: bytes(32) }, { extensible: true }), { maxBytes: 256 });

/** For the first message after each change of the pinned descriptor. 44 bytes. */
export const encodeDescSeen = (seen: DescSeen): Uint8Array => rider.encode({ seq: seen.seq, hash: seen.hash });

/** `undefined` for anything malformed. */
export function decodeDescSeen(payload: Uint8Array): DescSeen | undefined {
  try {
    return rider.decode(payload);
  } catch (error) {
    if (error instanceof SerializationError) return undefined;
    throw error;
  }
}
