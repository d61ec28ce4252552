import { type CipherSuite, concat, erase, type Random } from "@cweb/crypto";
import type { Path } from "@cweb/storage-remote";
import { shuffled } from "./arrangement.ts";
import { emptyEntry, sealEntry } from "./entry.ts";
import { entryInfo, type SlotSet, slotPath } from "./layout.ts";

export interface Addressed {
  readonly inner: Uint8Array;
  /** The recipient's newest, 1,216 bytes. */
  readonly broadcastKey: Uint8Array;
}

export interface SlotObject {
  readonly path: Path;
  readonly bytes: Uint8Array;
}

/**
 * All slots of a set, sealed afresh, each with `entries` entries in a newly drawn order, and the slots themselves in one.
 * Whoever holds no key sees the same in each of them and after each rewrite (SPEC §4.4).
 */
export function rewriteSlots(
  crypto: CipherSuite,
  random: Random,
  set: SlotSet,
  entries: number,
  bySlot: ReadonlyMap<number, readonly Addressed[]>,
): readonly SlotObject[] {
  const throwAway = crypto.hpke.generate(random);
  erase(throwAway.privateKey);
  const objects = Array.from({ length: 2 ** set.slotBits }, (_, slot): SlotObject => {
    const info = entryInfo(set, slot);
    const sealed = (bySlot.get(slot) ?? []).flatMap(
      ({ broadcastKey, inner }) => sealEntry(crypto, broadcastKey, info, inner, random) ?? [],
    );
    const empty = Array.from({ length: entries - sealed.length }, () => emptyEntry(crypto, throwAway.publicKey, info, random));
    return { path: slotPath(crypto, set, slot), bytes: concat(...shuffled([...sealed, ...empty], random)) };
  });
  return shuffled(objects, random);
}
