import type { CipherSuite } from "@cweb/crypto";
import { bytes, bytesUpTo, codec, literal, nullable, struct, type TypeOf, u64, uint, type WireType } from "@cweb/serialization";
import { suite } from "../core/identity-keys.ts";
import { limits } from "../core/limits.ts";
import { type PublicProperties, publicProperties } from "./public-properties.ts";

interface Successor {
  readonly idKeys: Uint8Array;
  readonly signature: Uint8Array;
}

const successor: WireType<Successor> = struct({ idKeys: bytes(96), signature: bytes(64) });

const fields: WireType<DescriptorBody> = struct(
  {
    version: literal(1),
    suite: literal(suite),
    idKeys: bytes(96),
    seq: u64,
    issuedAt: u64,
    expiresAt: u64,
    incarnation: u64,
    gen: u64,
    oldestGen: u64,
    signedPrekey: bytes(32),
    kemPrekey: bytes(1184),
    broadcastKey: bytes(1216),
    slotBits: uint(limits.slotBits),
    profile: bytesUpTo(limits.profile),
    publicProperties,
    prevSeq: u64,
    prevHash: bytes(32),
    successor: nullable(successor),
  },
  { extensible: true },
);

/** D of SPEC §3.1. */
export interface DescriptorBody {
  readonly version: 1;
  readonly suite: 1;
  /** edPk ‖ xPk ‖ nextIdCommit, 96 bytes. */
  readonly idKeys: Uint8Array;
  readonly seq: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly incarnation: number;
  readonly gen: number;
  readonly oldestGen: number;
  readonly signedPrekey: Uint8Array;
  readonly kemPrekey: Uint8Array;
  readonly broadcastKey: Uint8Array;
  readonly slotBits: number;
  readonly profile: Uint8Array;
  readonly publicProperties: PublicProperties;
  readonly prevSeq: number;
  readonly prevHash: Uint8Array;
  readonly successor: Successor | null;
}

// What the signature's 64 bytes and the framing around both take.
const framing = 80;

export const descriptorBody = codec(fields, { maxBytes: limits.descriptor - framing });

const signed = struct({ body: bytesUpTo(limits.descriptor - framing), signature: bytes(64) });
/** The object: [D: bin, SIGN(edSk, "desc", D)]. */
export const signedDescriptor = codec(signed, { maxBytes: limits.descriptor });
export type SignedDescriptor = TypeOf<typeof signed>;

export function signDescriptor(crypto: CipherSuite, signingSeed: Uint8Array, body: Uint8Array): Uint8Array {
  return signedDescriptor.encode({ body, signature: crypto.ed25519.sign(signingSeed, "desc", body) });
}
