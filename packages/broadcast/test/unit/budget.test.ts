import { describe, expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import type { InitEntry, OneOffItem } from "../../src/index.ts";
import { innerMessage } from "../../src/wire/inner.ts";
import { itemList, itemsLength } from "../../src/wire/items.ts";
import { type Home, item, look, pair, receive } from "../support/home.ts";

const sealOverhead = 72;
const headerWithoutCiphertext = 2_312 - 1_088;
const large = expect.objectContaining({ code: "too-large" });

function initOf(sealed: Uint8Array): InitEntry {
  const keys = { ephemeralKey: new Uint8Array(32), ciphertext: new Uint8Array(1_088) };
  return { gen: 1, initSeq: 2, sawSeq: 3, incarnation: 4, ...keys, sealed };
}

/** An item that makes a list of just this item `length` bytes long. */
function itemOf(home: Home, length: number, n: number = 1): OneOffItem {
  const one = item(home, "", n);
  let payload = new Uint8Array(Math.max(0, length - itemsLength([one]) - 2));
  while (itemsLength([{ ...one, payload }]) < length) payload = new Uint8Array(payload.length + 1);
  expect(itemList.encode({ number: 1, items: [{ ...one, payload }] })).toHaveLength(length);
  return { ...one, payload };
}

describe("what fits", () => {
  test("an initial message leaves 386 bytes of body", () => {
    const body = 386;
    const sealed = sealOverhead + headerWithoutCiphertext + sealOverhead + body;
    expect(sealed).toBe(limits.sealed);
    expect(innerMessage.encode({ kind: 0, ...initOf(new Uint8Array(sealed)) })).toHaveLength(limits.inner);
  });

  test("an initial message with more is refused, naming the limit", async () => {
    const { alice, bob } = await pair();
    const set = alice.mailbox.transact({}, (tx) => alice.broadcast.setInit(tx, bob.discovery.identity.id, initOf(new Uint8Array(1_755))));
    await expect(set).rejects.toThrow(large);
    await expect(set).rejects.toThrow("1754");
  });

  test("1,682 bytes of items stand in the entry, one more go into a box", async () => {
    const { alice, bob } = await pair();
    const to = bob.discovery.identity.id;
    await alice.broadcast.sendOneOff(to, itemOf(alice, 1_682));
    await alice.round();
    expect((await look(bob, alice)).kind).toBe("oneoff");
    await alice.mailbox.transact({}, (tx) => alice.broadcast.removeRecipient(tx, to));
    await alice.broadcast.sendOneOff(to, itemOf(alice, 1_683));
    await alice.round();
    expect((await look(bob, alice)).kind).toBe("box");
    expect(await receive(bob, alice)).toHaveLength(1);
  });

  test("a box holds 57,344 bytes of items, one more is refused, naming the limit", async () => {
    const { alice, bob } = await pair();
    const to = bob.discovery.identity.id;
    await expect(alice.broadcast.sendOneOff(to, itemOf(alice, 57_344))).resolves.toBeUndefined();
    await alice.round();
    const opened = await look(bob, alice);
    expect(opened.kind === "box" && alice.bucket.objects().get(opened.path)).toHaveLength(65_536);
    const more = alice.broadcast.sendOneOff(to, item(alice, "", 2));
    await expect(more).rejects.toThrow(large);
    await expect(more).rejects.toThrow("57344");
    expect(await receive(bob, alice)).toHaveLength(1);
    const alone = { ...item(alice, "", 3), payload: new Uint8Array(100_000) };
    await expect(bob.broadcast.sendOneOff(alice.discovery.identity.id, alone)).rejects.toThrow(large);
  });

  test("64 items are listed, one more is refused", async () => {
    const { alice, bob } = await pair();
    const to = bob.discovery.identity.id;
    for (let n = 0; n < 64; n++) await alice.broadcast.sendOneOff(to, item(alice, `${n}`, n));
    await expect(alice.broadcast.sendOneOff(to, item(alice, "64", 64))).rejects.toThrow(large);
    await alice.round();
    expect(await receive(bob, alice)).toEqual(Array.from({ length: 64 }, (_, n) => `${n}`));
  });
});
