import type { CipherSuite } from "@cweb/crypto";
import { type DescriptorBody, descriptorBody } from "../wire/descriptor.ts";
import type { PublicProperties } from "../wire/public-properties.ts";
import { type CwebId, encodeId } from "./cweb-id.ts";
import { idOf } from "./identity-keys.ts";
import { times } from "./limits.ts";

/** A verified Identity Descriptor. Times in ms; `seq`, `incarnation`, `gen` are values of the owner's TICK. */
export interface PeerDescriptor {
  readonly id: CwebId;
  /** 32 bytes. */
  readonly idBytes: Uint8Array;
  /** Ed25519, 32 bytes: signs descriptors only. */
  readonly signingKey: Uint8Array;
  /** X25519, 32 bytes: the PQXDH identity key. */
  readonly identityKey: Uint8Array;
  /** 32 bytes. */
  readonly nextIdCommit: Uint8Array;
  readonly seq: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly incarnation: number;
  readonly gen: number;
  /** The oldest generation that the owner can still read. */
  readonly oldestGen: number;
  /** X25519, 32 bytes. */
  readonly signedPrekey: Uint8Array;
  /** ML-KEM-768, 1,184 bytes. */
  readonly kemPrekey: Uint8Array;
  /** X-Wing, 1,216 bytes: what slot entries are sealed to. */
  readonly broadcastKey: Uint8Array;
  /** 0 to 12: the owner's bucket has 2^slotBits slots. */
  readonly slotBits: number;
  /** The encoded read profile of the owner's bucket. */
  readonly profile: Uint8Array;
  readonly publicProperties: PublicProperties;
  readonly prevSeq: number;
  readonly prevHash: Uint8Array;
  /** SHA-256(D), 32 bytes. */
  readonly hash: Uint8Array;
}

/** `body` is D, whose decoded form is `fields`. */
export function toPeerDescriptor(crypto: CipherSuite, body: Uint8Array, fields: DescriptorBody): PeerDescriptor {
  const { idKeys, version: _version, suite: _suite, successor: _successor, ...rest } = fields;
  const idBytes = idOf(crypto, idKeys);
  return {
    id: encodeId(idBytes),
    idBytes,
    signingKey: idKeys.slice(0, 32),
    identityKey: idKeys.slice(32, 64),
    nextIdCommit: idKeys.slice(64, 96),
    ...rest,
    hash: crypto.sha256(body),
  };
}

/** For a D that was verified before it was stored. */
export function readPinned(crypto: CipherSuite, body: Uint8Array): PeerDescriptor {
  return toPeerDescriptor(crypto, body, descriptorBody.decode(body));
}

/**
 * How far a descriptor may be trusted to be the newest: `current`; `stale` once expired, when it still serves for a first
 * message that is shown as such; `expired` 90 days later, when a first message must wait for a newer one (SPEC §4.4).
 */
export function freshness(descriptor: { readonly expiresAt: number }, now: number): "current" | "stale" | "expired" {
  const late = now - descriptor.expiresAt - times.clockTolerance;
  if (late <= 0) return "current";
  return late <= times.staleUse ? "stale" : "expired";
}
