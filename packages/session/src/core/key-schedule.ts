import { type CipherSuite, concat, type Secret, secret, u8, u32 } from "@cweb/crypto";
import { type ChainHeader, headerLength, initialHeaderLength } from "../wire/header.ts";
import type { ChainKeys } from "./ratchet-state.ts";

/** Keys from keys (SPEC §3, §4), and the lengths of what they seal. */
export const zero32: Uint8Array = new Uint8Array(32);
export const noCiphertext: Uint8Array = new Uint8Array(1088);
/** SEAL adds this to what it seals. */
export const sealOverhead = 72;
/** What a message's body may take in an object of `size` bytes, the length field of the padding counted off. */
export const bodyRoom = (size: number): number => size - headerLength - 2 * sealOverhead - 4;
export const sealedHeaderLength: number = headerLength + sealOverhead;
export const sealedInitialHeaderLength: number = initialHeaderLength + sealOverhead;

export function initialKeys(
  crypto: CipherSuite,
  sharedKey: Uint8Array,
  sessionId: Uint8Array,
): { root: Secret; initiator: ChainKeys; responder: ChainKeys } {
  const all = crypto.derive(sharedKey, "dr/init", sessionId, 160);
  const part = (i: number): Secret => secret(all.subarray(32 * i, 32 * (i + 1)));
  return { root: part(0), initiator: { headerKey: part(1), nameKey: part(3) }, responder: { headerKey: part(2), nameKey: part(4) } };
}

/** One root step: RK ‖ CK ‖ NHK ‖ NNK from DH ‖ ss, bound to the chain's public values. */
export function rootStep(
  crypto: CipherSuite,
  rootKey: Secret,
  dh: Uint8Array,
  ss: Uint8Array,
  header: ChainHeader,
): { root: Secret; chain: Secret; next: ChainKeys } {
  const transcript = concat(u8(0x05), header.ratchetKey, u8(0x0a), header.kemKey, header.ciphertext);
  const all = crypto.extractAndExpand(rootKey, concat(dh, ss), "dr/root", crypto.sha256(transcript), 128);
  const part = (i: number): Secret => secret(all.subarray(32 * i, 32 * (i + 1)));
  return { root: part(0), chain: part(1), next: { headerKey: part(2), nameKey: part(3) } };
}

export const messageKeyOf = (crypto: CipherSuite, chainKey: Secret): Secret => crypto.mac(chainKey, u8(1));
export const nextChainKey = (crypto: CipherSuite, chainKey: Secret): Secret => crypto.mac(chainKey, u8(2));

export function fingerprintOf(crypto: CipherSuite, header: ChainHeader): Uint8Array {
  return crypto.sha256(concat(header.ratchetKey, header.kemKey, header.ciphertext, u32(header.previousLength)));
}

export const direction = (role: "initiator" | "responder"): Uint8Array => u8(role === "initiator" ? 0 : 1);
