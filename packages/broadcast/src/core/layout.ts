import { type CipherSuite, concat, u8, u16 } from "@cweb/crypto";
import { type Path, toPath } from "@cweb/storage-remote";

/** An owner's slots: 2^slotBits of them. */
export interface SlotSet {
  /** 32 bytes. */
  readonly ownerId: Uint8Array;
  /** 0 to 12. */
  readonly slotBits: number;
}

/** The top `slotBits` bits of H("slot", id): the slot that a recipient reads in every bucket with this many slots. */
export function slotIndex(crypto: CipherSuite, recipientId: Uint8Array, slotBits: number): number {
  const [high = 0, low = 0] = crypto.hash("slot", recipientId);
  return ((high << 8) | low) >> (16 - slotBits);
}

const place = (set: SlotSet, slot: number): Uint8Array => concat(set.ownerId, u8(set.slotBits), u16(slot));

export function slotPath(crypto: CipherSuite, set: SlotSet, slot: number): Path {
  return toPath(crypto.publicName("name/slot", place(set, slot)));
}

const prefix = new TextEncoder().encode("cweb/v1/hpke\0");

/** Binds an entry to its bucket and slot: anywhere else it does not open. */
export function entryInfo(set: SlotSet, slot: number): Uint8Array {
  return concat(prefix, place(set, slot));
}
