import { type CipherSuite, concat, equal, type HpkeReceiver, pad, type Random, unpad, utf8 } from "@cweb/crypto";
import { limits } from "./limits.ts";

const slotCommitment = utf8("cweb/v1/slot-com");
const nothing = new Uint8Array();
const paddedInner = 4 + limits.inner;

/**
 * One entry, exactly 4,096 bytes: enc ‖ commitment ‖ the sealed inner message. `undefined` for a malformed public key.
 * `inner` has at most 2,924 bytes.
 */
export function sealEntry(
  crypto: CipherSuite,
  broadcastKey: Uint8Array,
  info: Uint8Array,
  inner: Uint8Array,
  random: Random,
): Uint8Array | undefined {
  const sender = crypto.hpke.setupSender(broadcastKey, info, random);
  if (sender === undefined) return undefined;
  const commitment = sender.export(slotCommitment, limits.commitment);
  return concat(sender.enc, commitment, sender.seal(nothing, pad(inner, paddedInner)));
}

/** A real encapsulation to a key that nobody holds, around nothing: for whoever has no key it is an entry like any other. */
export function emptyEntry(crypto: CipherSuite, throwAwayKey: Uint8Array, info: Uint8Array, random: Random): Uint8Array {
  return sealEntry(crypto, throwAwayKey, info, nothing, random) as Uint8Array;
}

export interface EntryOpener {
  openEntry(enc: Uint8Array, info: Uint8Array): HpkeReceiver | undefined;
}

/** The inner message, where the entry is sealed to this key. The commitment is compared before anything is decrypted. */
export function openEntry(opener: EntryOpener, info: Uint8Array, entry: Uint8Array): Uint8Array | undefined {
  const enc = entry.subarray(0, limits.enc);
  const commitment = entry.subarray(limits.enc, limits.enc + limits.commitment);
  const receiver = opener.openEntry(enc, info);
  if (receiver === undefined) return undefined;
  if (!equal(receiver.export(slotCommitment, limits.commitment), commitment)) return undefined;
  const padded = receiver.open(nothing, entry.subarray(limits.enc + limits.commitment));
  return padded === undefined ? undefined : unpad(padded);
}

/** The entries of a slot object; `undefined` unless it is a power of two of them, 4 to 64. */
export function splitSlot(slot: Uint8Array): readonly Uint8Array[] | undefined {
  const count = slot.length / limits.entry;
  const isPower = Number.isInteger(count) && (count & (count - 1)) === 0;
  if (!isPower || count < limits.leastEntries || count > limits.mostEntries) return undefined;
  return Array.from({ length: count }, (_, i) => slot.subarray(i * limits.entry, (i + 1) * limits.entry));
}
