import { equal, type HpkeReceiver } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { emptyEntry, openEntry, sealEntry, splitSlot } from "../../src/core/entry.ts";
import { entryInfo, slotIndex, slotPath } from "../../src/core/layout.ts";
import { limits } from "../../src/core/limits.ts";
import { crypto } from "../support/home.ts";

const random = seededRandom(1);
const owner = { ownerId: random.bytes(32), slotBits: 3 };
const info = entryInfo(owner, 5);
const keys = crypto.hpke.generate(random);
const opener = { openEntry: (enc: Uint8Array, at: Uint8Array) => crypto.hpke.setupReceiver(keys.privateKey, enc, at) };
const inner = random.bytes(100);
const seal = (content: Uint8Array): Uint8Array => sealEntry(crypto, keys.publicKey, info, content, random) as Uint8Array;

describe("entries", () => {
  test("are 4,096 bytes whatever they hold, and open to it", () => {
    for (const content of [new Uint8Array(), inner, random.bytes(limits.inner)]) {
      const entry = seal(content);
      expect(entry).toHaveLength(limits.entry);
      expect(openEntry(opener, info, entry)).toEqual(content);
    }
    expect(() => seal(random.bytes(limits.inner + 1))).toThrow();
  });

  test("M5: an entry copied to another bucket, slot or number of slots does not open", () => {
    const entry = seal(inner);
    const elsewhere = [entryInfo({ ...owner, ownerId: random.bytes(32) }, 5), entryInfo(owner, 4), entryInfo({ ...owner, slotBits: 4 }, 5)];
    for (const other of elsewhere) expect(openEntry(opener, other, entry)).toBeUndefined();
  });

  test("M7: a change of any part of an entry closes it", () => {
    const entry = seal(inner);
    for (const position of [0, 600, 1_088, 1_119, 1_120, 1_151, 1_152, 2_000, 4_079, 4_095]) {
      const changed = entry.slice();
      changed[position] = (changed[position] as number) ^ 1;
      expect(openEntry(opener, info, changed)).toBeUndefined();
    }
  });

  test("the commitment is compared before anything is decrypted", () => {
    const opened: string[] = [];
    const watching = {
      openEntry(enc: Uint8Array, at: Uint8Array): HpkeReceiver | undefined {
        const receiver = crypto.hpke.setupReceiver(keys.privateKey, enc, at);
        if (receiver === undefined) return undefined;
        return {
          export: (context, length) => receiver.export(context, length),
          open: (ad, ciphertext) => {
            opened.push("open");
            return receiver.open(ad, ciphertext);
          },
        };
      },
    };
    const forged = seal(inner);
    forged[1_130] = (forged[1_130] as number) ^ 1;
    expect(openEntry(watching, info, forged)).toBeUndefined();
    expect(openEntry(watching, info, emptyEntry(crypto, crypto.hpke.generate(random).publicKey, info, random))).toBeUndefined();
    expect(opened).toEqual([]);
    expect(openEntry(watching, info, seal(inner))).toEqual(inner);
    expect(opened).toEqual(["open"]);
  });

  test("an empty entry and a real one have the same form", () => {
    const throwAway = crypto.hpke.generate(random).publicKey;
    const count = 150;
    const real = Array.from({ length: count }, () => seal(inner));
    const empty = Array.from({ length: count }, () => emptyEntry(crypto, throwAway, info, random));
    const ones = (entries: readonly Uint8Array[], bit: number): number =>
      entries.filter((entry) => (((entry[bit >> 3] as number) >> (bit & 7)) & 1) === 1).length;
    // Each bit is a fair coin in both (6 sigma), but for the highest of the X25519 key, which is 0 in both.
    const highest = 1_119 * 8 + 7;
    for (let bit = 0; bit < limits.entry * 8; bit++) {
      const [a, b] = [ones(real, bit), ones(empty, bit)];
      if (bit === highest) expect([a, b]).toEqual([0, 0]);
      else if (Math.max(Math.abs(a - count / 2), Math.abs(b - count / 2)) > 6 * Math.sqrt(count / 4)) expect([bit, a, b]).toEqual([]);
    }
  });
});

describe("slots", () => {
  test("refuses sizes that are not 4 to 64 entries, a power of two", () => {
    for (let count = 0; count <= 130; count++) {
      const isRight = [4, 8, 16, 32, 64].includes(count);
      expect(splitSlot(new Uint8Array(count * limits.entry))?.length).toBe(isRight ? count : undefined);
    }
    for (const length of [1, 4_095, 4 * 4_096 - 1, 4 * 4_096 + 1]) expect(splitSlot(new Uint8Array(length))).toBeUndefined();
  });

  test("a recipient's slot is a prefix of one hash: more bits only refine it", () => {
    const id = random.bytes(32);
    for (let bits = 1; bits <= 12; bits++) {
      const slot = slotIndex(crypto, id, bits);
      expect(slot).toBeLessThan(2 ** bits);
      expect(slot >> 1).toBe(slotIndex(crypto, id, bits - 1));
    }
    expect(slotIndex(crypto, id, 0)).toBe(0);
  });

  test("names differ between owners, numbers of slots and slots", () => {
    const names = new Set<string>();
    for (const ownerId of [owner.ownerId, random.bytes(32)]) {
      for (const slotBits of [0, 1, 2]) {
        for (let slot = 0; slot < 2 ** slotBits; slot++) names.add(slotPath(crypto, { ownerId, slotBits }, slot));
      }
    }
    expect(names.size).toBe(14);
    for (const name of names) expect(name).toMatch(/^[a-z2-7]{32}$/);
  });

  test("equal bytes for equal randomness", () => {
    const once = sealEntry(crypto, keys.publicKey, info, inner, seededRandom(5)) as Uint8Array;
    const twice = sealEntry(crypto, keys.publicKey, info, inner, seededRandom(5)) as Uint8Array;
    expect(equal(once, twice)).toBe(true);
  });
});
