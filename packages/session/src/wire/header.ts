import { concat, readUint, u32 } from "@cweb/crypto";

/** The ratchet's message header (SPEC "Header"): the chain's public values, repeated in each of its messages, and this message's place. */
export interface Header {
  readonly chain: ChainHeader;
  /** Number of the message in its chain, from 0. */
  readonly n: number;
}

export interface ChainHeader {
  /** X25519 public key, 32 bytes. */
  readonly ratchetKey: Uint8Array;
  /** ML-KEM-768 public key, 1,184 bytes. */
  readonly kemKey: Uint8Array;
  /** Ciphertext to the peer's last KEM key, 1,088 bytes; zeros in the initiator's chain 0. */
  readonly ciphertext: Uint8Array;
  /** Number of messages in the sender's previous chain. */
  readonly previousLength: number;
}

export const headerLength = 2312;
/** In the slot's message 0 the ciphertext, all zeros there, is left out. */
export const initialHeaderLength = headerLength - 1088;

export function encodeHeader({ chain, n }: Header): Uint8Array {
  return concat(chain.ratchetKey, chain.kemKey, chain.ciphertext, u32(chain.previousLength), u32(n));
}

export function encodeInitialHeader({ chain, n }: Header): Uint8Array {
  return concat(chain.ratchetKey, chain.kemKey, u32(chain.previousLength), u32(n));
}

/** `undefined` for any other length. */
export function decodeHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length !== headerLength) return undefined;
  const chain = {
    ratchetKey: bytes.slice(0, 32),
    kemKey: bytes.slice(32, 1216),
    ciphertext: bytes.slice(1216, 2304),
    previousLength: readUint(bytes.subarray(2304, 2308)),
  };
  return { chain, n: readUint(bytes.subarray(2308)) };
}

export function decodeInitialHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length !== initialHeaderLength) return undefined;
  return decodeHeader(concat(bytes.subarray(0, 1216), new Uint8Array(1088), bytes.subarray(1216)));
}
