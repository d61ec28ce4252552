import { describe, expect, test } from "vitest";
import { decodeItems } from "../../src/index.ts";
import { day, item, look, pair, receive, refresh, slotOf } from "../support/home.ts";

describe("one-off messages", () => {
  test("reach their recipient once, in order, and nobody else", async () => {
    const { alice, bob } = await pair();
    const to = bob.discovery.identity.id;
    await alice.broadcast.sendOneOff(to, item(alice, "one", 1));
    await alice.broadcast.sendOneOff(to, item(alice, "two", 2));
    expect(await alice.round()).toBe(true);
    expect(await receive(bob, alice)).toEqual(["one", "two"]);
    expect(await receive(bob, alice)).toEqual([]);
    await alice.broadcast.sendOneOff(to, item(alice, "three", 3));
    await alice.round();
    expect(await receive(bob, alice)).toEqual(["three"]);
  });

  test("go into the session while an initial message is live, numbered after all others", async () => {
    const { alice, bob } = await pair();
    const to = bob.discovery.identity.id;
    await alice.broadcast.sendOneOff(to, item(alice, "one", 1));
    const numbers: (number | undefined)[] = [];
    for (const [text, n] of [
      ["two", 2],
      ["three", 3],
    ] as const) {
      const payload = await alice.mailbox.transact({}, (tx) => alice.broadcast.payloadFor(tx, to, item(alice, text, n)));
      numbers.push(decodeItems(payload)?.number);
    }
    expect(numbers).toEqual([2, 3]);
    const listed = await alice.mailbox.transact({}, (tx) => alice.broadcast.pendingOneOffs(tx, to));
    expect(listed.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(["one", "two", "three"]);
    const refused = alice.mailbox.transact({}, (tx) => alice.broadcast.payloadFor(tx, to, item(alice, "x".repeat(60_000), 4)));
    await expect(refused).rejects.toMatchObject({ code: "too-large" });
    const wrong = alice.mailbox.transact({}, (tx) => alice.broadcast.payloadFor(tx, to, item(alice, "x", 4, 0)));
    await expect(wrong).rejects.toMatchObject({ code: "bad-kind" });
  });

  test("M18: that come inside a session in another order than they were numbered are all taken, each once", async () => {
    const { alice, bob } = await pair();
    const to = bob.discovery.identity.id;
    await alice.broadcast.sendOneOff(to, item(alice, "one", 1));
    await alice.round();
    expect(await receive(bob, alice)).toEqual(["one"]);
    const carry = async (text: string, n: number) => {
      const payload = await alice.mailbox.transact({}, (tx) => alice.broadcast.payloadFor(tx, to, item(alice, text, n)));
      return decodeItems(payload) ?? { number: 0, items: [] };
    };
    const lists = [await carry("two", 2), await carry("three", 3)];
    const displaced = await alice.mailbox.transact({}, (tx) => alice.broadcast.oneOffPayload(tx, to) ?? new Uint8Array());
    lists.push(decodeItems(displaced) ?? { number: 0, items: [] });
    const taken: string[] = [];
    // The store withheld the first list: the next ones come before it.
    for (const list of [lists[1], lists[0], lists[2], lists[0]]) {
      const fresh = await bob.mailbox.transact({}, (tx) => {
        const peer = bob.discovery.peer(tx, alice.discovery.identity.id);
        if (peer === undefined || list === undefined) throw new Error("not met");
        const number = { incarnation: peer.incarnation, number: list.number };
        return bob.broadcast.acceptItems(tx, peer, number, list.items, "session");
      });
      taken.push(...fresh.map(({ payload }) => new TextDecoder().decode(payload)));
    }
    expect(taken).toEqual(["three", "two"]);
  });

  test("the same messageId is sent once", async () => {
    const { alice, bob } = await pair();
    for (let i = 0; i < 2; i++) await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "once", 1));
    await alice.round();
    expect(await receive(bob, alice)).toEqual(["once"]);
  });

  test("items that do not fit the entry stand in a box, which goes with them", async () => {
    const { alice, bob, clock } = await pair();
    const large = "x".repeat(20_000);
    await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, large, 1));
    await alice.round();
    const opened = await look(bob, alice);
    expect(opened.kind).toBe("box");
    const path = opened.kind === "box" ? opened.path : undefined;
    expect(path && alice.bucket.objects().get(path)?.length).toBe(32_768);
    expect(await receive(bob, alice)).toEqual([large]);
    clock.advance(28 * day);
    await alice.round(); // a jump of the clock counts only once the own storage has answered
    await alice.round();
    expect((await look(bob, alice)).kind).toBe("none");
    for (let i = 0; i < 4; i++) {
      clock.advance(day / 24);
      await alice.round();
    }
    expect(path && alice.bucket.objects().has(path)).toBe(false);
  });

  test("expire after 28 days", async () => {
    const { alice, bob, clock } = await pair();
    await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "late", 1));
    await alice.round();
    clock.advance(28 * day - 1);
    await alice.round();
    expect((await look(bob, alice)).kind).toBe("oneoff");
    clock.advance(1);
    expect(await alice.round()).toBe(true);
    expect((await look(bob, alice)).kind).toBe("none");
  });

  test("follow the recipient to a new broadcast key and to a new generation", async () => {
    const { alice, bob, clock } = await pair();
    await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "hello", 1));
    await alice.round();
    for (let weeks = 0; weeks < 3; weeks++) {
      clock.advance(7 * day);
      await bob.round();
      await refresh(alice, bob);
      expect(await alice.round()).toBe(true);
    }
    await refresh(bob, alice);
    expect(await receive(bob, alice)).toEqual(["hello"]);
  });

  test("nothing changed means nothing is rewritten", async () => {
    const { alice, bob } = await pair();
    await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "hi", 1));
    expect(await alice.round()).toBe(true);
    const before = await slotOf(alice, bob);
    expect(await alice.round()).toBe(false);
    expect(await slotOf(alice, bob)).toEqual(before);
  });
});
