import { type CipherSuite, concat, pad, sealOverhead } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import { sealEntry } from "../src/core/entry.ts";
import { entryInfo, slotIndex, slotPath } from "../src/core/layout.ts";
import { innerMessage } from "../src/wire/inner.ts";
import { encodeBoxKey, itemList } from "../src/wire/items.ts";

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const nothing = new Uint8Array();

const ownerId = fill(32, 1);
const recipientId = fill(32, 2);

const inner = {
  kind: 1,
  gen: 1_795_000_000_002,
  initSeq: 1_795_000_000_004,
  sawSeq: 0,
  incarnation: 1_795_000_000_001,
  ephemeralKey: fill(32, 3),
  ciphertext: fill(1_088, 4),
  sealed: fill(100, 5),
};

const list = {
  number: 7,
  items: [
    { sentAt: 1_795_000_000_000, kind: 2, messageId: fill(16, 6), payload: new TextEncoder().encode("hello") },
    { sentAt: 1_795_000_000_100, kind: 3, messageId: fill(16, 7), payload: fill(3, 8) },
  ],
};

/** All vectors of SPEC §11, computed by this implementation over any suite. */
export function makeVectors(crypto: CipherSuite): Readonly<Record<string, unknown>> {
  const key = crypto.hpke.generate(seededRandom(1));
  const set = { ownerId, slotBits: 3 };
  const slot = slotIndex(crypto, recipientId, 3);
  const message = innerMessage.encode(inner);
  const boxKey = fill(32, 9);
  const content = itemList.encode(list);
  const boxSealKey = crypto.derive(boxKey, "oneoff/enc", nothing, 32);
  return {
    ownerId: hex(ownerId),
    recipientId: hex(recipientId),
    slots: [0, 1, 3, 8, 12].map((slotBits) => {
      const index = slotIndex(crypto, recipientId, slotBits);
      return {
        slotBits,
        slot: index,
        path: slotPath(crypto, { ownerId, slotBits }, index),
        info: hex(entryInfo({ ownerId, slotBits }, index)),
      };
    }),
    inner: {
      ...inner,
      ephemeralKey: hex(inner.ephemeralKey),
      ciphertext: hex(inner.ciphertext),
      sealed: hex(inner.sealed),
      bytes: hex(message),
    },
    items: {
      number: list.number,
      items: list.items.map(({ sentAt, kind, messageId, payload }) => ({ sentAt, kind, messageId: hex(messageId), payload: hex(payload) })),
      bytes: hex(content),
    },
    entry: {
      broadcastSeed: hex(key.privateKey),
      broadcastKey: hex(key.publicKey),
      slotBits: 3,
      slot,
      inner: hex(message),
      entry: hex(sealEntry(crypto, key.publicKey, entryInfo(set, slot), message, seededRandom(2)) ?? nothing),
    },
    box: {
      key: hex(boxKey),
      pointer: hex(encodeBoxKey(boxKey)),
      path: crypto.name(crypto.derive(boxKey, "oneoff/name", nothing, 32), nothing),
      items: hex(content),
      bytes: hex(crypto.seal("oneoff/box", boxSealKey, concat(ownerId, recipientId), pad(content, 4_096 - sealOverhead), seededRandom(3))),
    },
  };
}
