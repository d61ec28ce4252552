import type { CipherSuite, PqxdhContext } from "@cweb/crypto";
import type { PeerDescriptor, PrekeyHandle } from "@cweb/discovery";
import { decodeInner, type Inner, innerKinds } from "../wire/inner.ts";
import { openEntry, splitSlot } from "./entry.ts";
import { entryInfo, slotIndex } from "./layout.ts";
import { times } from "./limits.ts";
import { openOneOff } from "./one-off.ts";
import type { Opened } from "./opened.ts";

export interface Recipient {
  readonly crypto: CipherSuite;
  /** 32 bytes. */
  readonly id: Uint8Array;
  readonly now: number;
  /** Newest first. */
  readonly prekeys: readonly PrekeyHandle[];
  /** Whether an initial message with this hash was looked at before. */
  hasSeen(innerHash: Uint8Array): boolean;
}

const none: Opened = { kind: "none" };

/** Looks for an entry of `peer`'s slot that is sealed to me, and says what it is (SPEC §5). Total. */
export function openSlot(me: Recipient, peer: PeerDescriptor, slot: Uint8Array): Opened {
  const entries = splitSlot(slot);
  if (entries === undefined) return { kind: "malformed" };
  const { slotBits } = peer;
  const info = entryInfo({ ownerId: peer.idBytes, slotBits }, slotIndex(me.crypto, me.id, slotBits));
  for (const handle of me.prekeys) {
    for (const entry of entries) {
      const inner = openEntry(handle, info, entry);
      if (inner !== undefined) return openInner(me, peer, inner);
    }
  }
  return none;
}

function openInner(me: Recipient, peer: PeerDescriptor, bytes: Uint8Array): Opened {
  const innerHash = me.crypto.sha256(bytes);
  if (me.hasSeen(innerHash)) return { kind: "seen", innerHash };
  const inner = decodeInner(bytes);
  // The entry may have been sealed again to a newer broadcast key: only the inner message names the generation.
  const handle = inner === undefined ? undefined : me.prekeys.find(({ gen }) => gen === inner.gen);
  if (inner === undefined || handle === undefined) return none;
  if (Math.max(inner.initSeq, inner.incarnation) > me.now + times.tickAhead) return none;
  const context: PqxdhContext = {
    initiatorId: peer.idBytes,
    responderId: me.id,
    generation: inner.gen,
    kind: inner.kind,
    initSeq: inner.initSeq,
    sawSeq: inner.sawSeq,
    initiatorIncarnation: inner.incarnation,
    responderIncarnation: handle.incarnation,
  };
  return inner.kind === innerKinds.init
    ? openInit(peer, handle, context, inner, innerHash)
    : openItems(me.crypto, peer, handle, context, inner);
}

function openInit(peer: PeerDescriptor, handle: PrekeyHandle, context: PqxdhContext, inner: Inner, innerHash: Uint8Array): Opened {
  const { kind: _kind, ...entry } = inner;
  const { ephemeralKey, ciphertext } = inner;
  const handshake = handle.respond({ identityKey: peer.identityKey, ephemeralKey, ciphertext }, context);
  if (handshake === undefined) return none;
  return { kind: "init", entry, handshake, innerHash, responderIncarnation: handle.incarnation };
}

function openItems(crypto: CipherSuite, peer: PeerDescriptor, handle: PrekeyHandle, context: PqxdhContext, inner: Inner): Opened {
  const content = openOneOff(crypto, handle, peer, context, inner);
  if (content === undefined) return none;
  const { incarnation } = inner;
  if ("list" in content) return { kind: "oneoff", number: { incarnation, number: content.list.number }, items: content.list.items };
  return { kind: "box", path: content.boxPath, key: content.boxKey, incarnation };
}
