import {
  type CipherSuite,
  concat,
  erase,
  type PqxdhContext,
  pad,
  type Random,
  type Secret,
  sealOverhead,
  sizeClass,
  unpad,
  utf8,
} from "@cweb/crypto";
import type { OwnIdentity, PeerDescriptor, PrekeyHandle } from "@cweb/discovery";
import { type Path, toPath } from "@cweb/storage-remote";
import { type Inner, innerKinds, innerMessage } from "../wire/inner.ts";
import { decodeContent, decodeItems, encodeBoxKey, type ItemList, itemList } from "../wire/items.ts";
import { limits } from "./limits.ts";

const nothing = utf8("");
const padPrefix = 4;

export interface SealedOneOff {
  readonly inner: Uint8Array;
  /** For items that do not fit into the entry. */
  readonly box?: { readonly path: Path; readonly bytes: Uint8Array };
}

export interface OneOffSender {
  readonly crypto: CipherSuite;
  readonly random: Random;
  readonly identity: Pick<OwnIdentity, "idBytes" | "agreement">;
  readonly incarnation: number;
  /** A value of TICK. */
  readonly initSeq: number;
}

/** A list of items as an inner message for `peer`; `undefined` where a key of the peer's is malformed. */
export function sealOneOff(sender: OneOffSender, peer: PeerDescriptor, list: ItemList): SealedOneOff | undefined {
  const { crypto, random, identity } = sender;
  const context: PqxdhContext = {
    initiatorId: identity.idBytes,
    responderId: peer.idBytes,
    generation: peer.gen,
    kind: innerKinds.oneOff,
    initSeq: sender.initSeq,
    sawSeq: 0,
    initiatorIncarnation: sender.incarnation,
    responderIncarnation: peer.incarnation,
  };
  const shared = crypto.pqxdh.initiate({ identity: identity.agreement }, peer, context, random);
  if (shared === undefined) return undefined;
  const content = itemList.encode(list);
  const box = content.length > limits.entryItems ? sealBox(crypto, random, identity.idBytes, peer.idBytes, content) : undefined;
  const key = oneOffKey(crypto, shared.sharedKey, shared.sessionId);
  const sealed = crypto.seal("oneoff", key, shared.associatedData, box === undefined ? content : encodeBoxKey(box.key), random);
  erase(shared.sharedKey, key);
  const inner = innerMessage.encode({
    kind: innerKinds.oneOff,
    gen: peer.gen,
    initSeq: sender.initSeq,
    sawSeq: 0,
    incarnation: sender.incarnation,
    ephemeralKey: shared.ephemeralKey,
    ciphertext: shared.ciphertext,
    sealed,
  });
  return box === undefined ? { inner } : { inner, box };
}

const oneOffKey = (crypto: CipherSuite, sharedKey: Uint8Array, sessionId: Uint8Array): Secret =>
  crypto.derive(sharedKey, "oneoff", sessionId, 32);

const boxPath = (crypto: CipherSuite, key: Uint8Array): Path =>
  toPath(crypto.name(crypto.derive(key, "oneoff/name", nothing, 32), nothing));
const boxSealKey = (crypto: CipherSuite, key: Uint8Array): Secret => crypto.derive(key, "oneoff/enc", nothing, 32);

function sealBox(
  crypto: CipherSuite,
  random: Random,
  senderId: Uint8Array,
  recipientId: Uint8Array,
  content: Uint8Array,
): { readonly key: Uint8Array; readonly path: Path; readonly bytes: Uint8Array } {
  const key = random.bytes(32);
  const size = sizeClass(content.length + padPrefix + sealOverhead) as number;
  const padded = pad(content, size - sealOverhead);
  const bytes = crypto.seal("oneoff/box", boxSealKey(crypto, key), concat(senderId, recipientId), padded, random);
  return { key, path: boxPath(crypto, key), bytes };
}

export type OneOffContent = { readonly list: ItemList } | { readonly boxKey: Uint8Array; readonly boxPath: Path };

/** What a one-off inner message says; `undefined` unless everything about it is right. */
export function openOneOff(
  crypto: CipherSuite,
  handle: PrekeyHandle,
  peer: PeerDescriptor,
  context: PqxdhContext,
  inner: Inner,
): OneOffContent | undefined {
  const { ephemeralKey, ciphertext } = inner;
  const shared = handle.respond({ identityKey: peer.identityKey, ephemeralKey, ciphertext }, context);
  if (shared === undefined) return undefined;
  const key = oneOffKey(crypto, shared.sharedKey, shared.sessionId);
  const content = crypto.open("oneoff", key, shared.associatedData, inner.sealed);
  erase(shared.sharedKey, key);
  const decoded = content === undefined ? undefined : decodeContent(content);
  if (decoded === undefined || "list" in decoded) return decoded;
  return { ...decoded, boxPath: boxPath(crypto, decoded.boxKey) };
}

/** The items of a box; `undefined` for bytes that its key did not seal between these two. */
export function openBox(
  crypto: CipherSuite,
  ids: { readonly sender: Uint8Array; readonly recipient: Uint8Array },
  key: Uint8Array,
  bytes: Uint8Array,
): ItemList | undefined {
  if (bytes.length > limits.box) return undefined;
  const padded = crypto.open("oneoff/box", boxSealKey(crypto, key), concat(ids.sender, ids.recipient), bytes);
  const content = padded === undefined ? undefined : unpad(padded);
  return content === undefined ? undefined : decodeItems(content);
}
