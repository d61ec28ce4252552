import { nobleSuite } from "@cweb/crypto/noble";
import { describe, expect, test } from "vitest";
import { openEntry } from "../../src/core/entry.ts";
import { entryInfo } from "../../src/core/layout.ts";
import { openBox } from "../../src/core/one-off.ts";
import { itemList } from "../../src/wire/items.ts";
import committed from "../../vectors/broadcast.json" with { type: "json" };
import { hex, makeVectors } from "../../vectors/make-vectors.ts";
import { crypto } from "../support/home.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

describe("the committed vectors", () => {
  test.each([
    ["noble", nobleSuite],
    ["this platform's provider", crypto],
  ])("are what %s computes", (_, suite) => {
    expect(JSON.parse(JSON.stringify(makeVectors(suite)))).toEqual(committed);
  });

  test("are read back", () => {
    const { entry, box } = committed;
    const info = entryInfo({ ownerId: bytes(committed.ownerId), slotBits: entry.slotBits }, entry.slot);
    const opener = { openEntry: (enc: Uint8Array, at: Uint8Array) => crypto.hpke.setupReceiver(bytes(entry.broadcastSeed), enc, at) };
    expect(hex(openEntry(opener, info, bytes(entry.entry)) ?? new Uint8Array())).toBe(entry.inner);
    const ids = { sender: bytes(committed.ownerId), recipient: bytes(committed.recipientId) };
    const list = openBox(crypto, ids, bytes(box.key), bytes(box.bytes));
    expect(list && hex(itemList.encode(list))).toBe(box.items);
  });
});
