import { utf8 } from "@cweb/crypto";
import { describe, expect, test } from "vitest";
import type { InitEntry, Opened } from "../../src/index.ts";
import { decodeItems } from "../../src/index.ts";
import { innerMessage } from "../../src/wire/inner.ts";
import { crypto, day, type Home, hour, item, look, meet, openHome, pair, receive, refresh, slotOf } from "../support/home.ts";

interface Begun {
  readonly entry: InitEntry;
  readonly sharedKey: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly displaced: readonly string[];
}

/** `from` puts an initial message for `to` into its slots; `change` alters it after the handshake. */
async function begin(from: Home, to: Home, change: (entry: InitEntry) => Partial<InitEntry> = () => ({})): Promise<Begun> {
  const { id } = to.discovery.identity;
  return from.mailbox.transact({ read: from.broadcast.reads(id) }, (tx) => {
    const peer = from.discovery.peer(tx, id);
    if (peer === undefined) throw new Error("not met");
    const context = {
      initiatorId: from.discovery.identity.idBytes,
      responderId: peer.idBytes,
      generation: peer.gen,
      kind: 0,
      initSeq: tx.tick(),
      sawSeq: 7,
      initiatorIncarnation: tx.incarnation,
      responderIncarnation: peer.incarnation,
    };
    const handshake = crypto.pqxdh.initiate({ identity: from.discovery.identity.agreement }, peer, context, tx.random);
    if (handshake === undefined) throw new Error("no handshake");
    const { ephemeralKey, ciphertext } = handshake;
    const { initSeq, sawSeq } = context;
    const seqs = { gen: peer.gen, initSeq, sawSeq, incarnation: tx.incarnation };
    const made: InitEntry = { ...seqs, ephemeralKey, ciphertext, sealed: utf8("first flight") };
    const entry = { ...made, ...change(made) };
    const displaced = from.broadcast.setInit(tx, id, entry).map(({ payload }) => new TextDecoder().decode(payload));
    return { entry, sharedKey: handshake.sharedKey.slice(), sessionId: handshake.sessionId, displaced };
  });
}

const markSeen = (reader: Home, owner: Home, opened: Opened): Promise<void> =>
  reader.mailbox.transact({}, (tx) => {
    if (opened.kind === "init") reader.broadcast.markSeen(tx, owner.discovery.identity.id, opened.entry.gen, opened.innerHash);
  });

describe("initial messages", () => {
  test("reach the responder with the same shared key on both sides", async () => {
    const { alice, bob } = await pair();
    const { entry, sharedKey } = await begin(alice, bob);
    await alice.round();
    const opened = await look(bob, alice);
    expect(opened.kind === "init" && opened.entry).toEqual(entry);
    expect(opened.kind === "init" && opened.handshake.sharedKey).toEqual(sharedKey);
    expect(opened.kind === "init" && opened.responderIncarnation).toBe(await bob.mailbox.incarnation());
  });

  test("M5: one that was dealt with is seen until its generation is erased, also when it was sealed again", async () => {
    const { alice, bob, clock } = await pair();
    await begin(alice, bob);
    await alice.round();
    const replayed = await slotOf(alice, bob);
    const opened = await look(bob, alice);
    await markSeen(bob, alice, opened);
    expect((await look(bob, alice)).kind).toBe("seen");
    clock.advance(7 * day);
    await bob.round();
    await refresh(alice, bob);
    expect(await alice.round()).toBe(true);
    expect((await look(bob, alice)).kind).toBe("seen");
    for (let days = 7; days < 36; days++) {
      clock.advance(day);
      await bob.mailbox.transact({}, (tx) => bob.discovery.noteSlotTried(tx, alice.discovery.identity.id, true));
      await bob.discovery.setPublicProperties(new Map([["day", days]]));
      await bob.round();
    }
    expect((await look(bob, alice, replayed.kind === "found" ? replayed.bytes : undefined)).kind).toBe("none");
  });

  test("M5: an entry of another sender's bucket is not taken for this one's", async () => {
    const { alice, bob, clock } = await pair();
    const mallory = await openHome({ seed: 40, clock });
    await mallory.round();
    await meet(bob, mallory);
    await begin(alice, bob);
    await alice.round();
    const stolen = await slotOf(alice, bob);
    expect((await look(bob, mallory, stolen.kind === "found" ? stolen.bytes : undefined)).kind).toBe("none");
  });

  test("M7: a change of any bound value gives another session or no handshake", async () => {
    const { alice, bob } = await pair();
    const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte));
    const changes: readonly ((entry: InitEntry) => Partial<InitEntry>)[] = [
      ({ initSeq }) => ({ initSeq: initSeq + 1 }),
      ({ sawSeq }) => ({ sawSeq: sawSeq + 1 }),
      ({ incarnation }) => ({ incarnation: incarnation + 1 }),
      ({ ephemeralKey }) => ({ ephemeralKey: flipped(ephemeralKey) }),
      ({ ciphertext }) => ({ ciphertext: flipped(ciphertext) }),
    ];
    for (const change of changes) {
      const { sessionId } = await begin(alice, bob, change);
      await alice.round();
      const opened = await look(bob, alice);
      if (opened.kind !== "init") throw new Error("not opened");
      expect(opened.handshake.sessionId).not.toEqual(sessionId);
    }
    for (const change of [({ gen }: InitEntry) => ({ gen: gen + 1 }), () => ({ ephemeralKey: new Uint8Array(32) })]) {
      await begin(alice, bob, change);
      await alice.round();
      expect((await look(bob, alice)).kind).toBe("none");
    }
  });

  test("TICK values more than 24 h ahead are ignored", async () => {
    const { alice, bob, clock } = await pair();
    await begin(alice, bob, () => ({ initSeq: clock.now() + day + hour }));
    await alice.round();
    expect((await look(bob, alice)).kind).toBe("none");
  });

  test("displace one-off messages, which stay listed until they are dropped", async () => {
    const { alice, bob } = await pair();
    const to = bob.discovery.identity.id;
    await alice.broadcast.sendOneOff(to, item(alice, "one", 1));
    await alice.broadcast.sendOneOff(to, item(alice, "two", 2));
    await alice.round();
    const { displaced } = await begin(alice, bob);
    expect(displaced).toEqual(["one", "two"]);
    await alice.round();
    expect((await look(bob, alice)).kind).toBe("init");
    const listed = await alice.mailbox.transact({}, (tx) => ({
      live: alice.broadcast.liveEntry(tx, to),
      pending: alice.broadcast.pendingOneOffs(tx, to).length,
      payload: alice.broadcast.oneOffPayload(tx, to),
    }));
    expect([listed.live, listed.pending]).toEqual(["init", 2]);
    const inSession = decodeItems(listed.payload ?? new Uint8Array());
    const incarnation = await alice.mailbox.incarnation();
    const accept = (): Promise<number> =>
      bob.mailbox.transact({}, (tx) => {
        const peer = bob.discovery.peer(tx, alice.discovery.identity.id);
        if (peer === undefined || inSession === undefined) throw new Error("nothing");
        return bob.broadcast.acceptItems(tx, peer, { incarnation, number: inSession.number }, inSession.items).length;
      });
    expect([await accept(), await accept()]).toEqual([2, 0]);
    const send = alice.broadcast.sendOneOff(to, item(alice, "three", 3));
    await expect(send).rejects.toThrow(expect.objectContaining({ code: "init-live" }));
    await alice.mailbox.transact({}, (tx) =>
      alice.broadcast.dropOneOffs(
        tx,
        to,
        [1, 2].map((n) => new Uint8Array(16).fill(n)),
      ),
    );
    await alice.mailbox.transact({}, (tx) => alice.broadcast.clearInit(tx, to));
    expect(await alice.mailbox.transact({}, (tx) => alice.broadcast.liveEntry(tx, to))).toBeUndefined();
    await alice.round();
    expect((await look(bob, alice)).kind).toBe("none");
    await alice.broadcast.sendOneOff(to, item(alice, "three", 3));
    await alice.round();
    expect(await receive(bob, alice)).toEqual(["three"]);
  });

  test("are cleared by their own initSeq only", async () => {
    const { alice, bob } = await pair();
    const to = bob.discovery.identity.id;
    const first = await begin(alice, bob);
    const second = await begin(alice, bob);
    const clear = (initSeq: number): Promise<string | undefined> =>
      alice.mailbox.transact({}, (tx) => {
        alice.broadcast.clearInit(tx, to, initSeq);
        return alice.broadcast.liveEntry(tx, to);
      });
    expect(await clear(first.entry.initSeq)).toBe("init");
    expect(await clear(second.entry.initSeq)).toBeUndefined();
  });

  test("need a known descriptor of the recipient", async () => {
    const { alice, clock } = await pair();
    const stranger = await openHome({ seed: 50, clock });
    const { id } = stranger.discovery.identity;
    const send = alice.broadcast.sendOneOff(id, item(alice, "hi", 1));
    await expect(send).rejects.toThrow(expect.objectContaining({ code: "no-descriptor", retryable: true }));
    const entry: InitEntry = {
      gen: 1,
      initSeq: 1,
      sawSeq: 1,
      incarnation: 1,
      ephemeralKey: new Uint8Array(32),
      ciphertext: new Uint8Array(1_088),
      sealed: new Uint8Array(),
    };
    const set = alice.mailbox.transact({}, (tx) => alice.broadcast.setInit(tx, id, entry));
    await expect(set).rejects.toThrow(expect.objectContaining({ code: "no-descriptor" }));
  });
});

describe("M2: what may stand in slots", () => {
  const kinds = Array.from({ length: 48 }, (_, kind) => kind);
  const allowed = [2, 3, 24];

  test("M2: only text, app and file messages can be sent", async () => {
    const { alice, bob } = await pair();
    for (const kind of kinds) {
      const send = alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "x", kind, kind));
      if (allowed.includes(kind)) await expect(send).resolves.toBeUndefined();
      else await expect(send).rejects.toThrow(expect.objectContaining({ code: "bad-kind" }));
    }
  });

  test("M2: items of other kinds that a sender lists all the same are not delivered", async () => {
    const { alice, bob } = await pair();
    const items = kinds.map((kind) => item(alice, `${kind}`, kind, kind));
    const taken = await bob.mailbox.transact({}, (tx) => {
      const peer = bob.discovery.peer(tx, alice.discovery.identity.id);
      if (peer === undefined) throw new Error("not met");
      return bob.broadcast.acceptItems(tx, peer, { incarnation: 1, number: 48 }, items).map(({ kind }) => kind);
    });
    expect(taken).toEqual(allowed);
  });

  test("M17: an inner message of another kind is no inner message", () => {
    const init = { gen: 1, initSeq: 1, sawSeq: 1, incarnation: 1, ephemeralKey: new Uint8Array(32), ciphertext: new Uint8Array(1_088) };
    expect(() => innerMessage.encode({ kind: 2, ...init, sealed: new Uint8Array() })).toThrow();
    const bytes = innerMessage.encode({ kind: 1, ...init, sealed: new Uint8Array() });
    bytes[1] = 2;
    expect(() => innerMessage.decode(bytes)).toThrow();
  });
});

test("M5: a slot of yesterday shows nothing new", async () => {
  const { alice, bob } = await pair();
  const to = bob.discovery.identity.id;
  await alice.broadcast.sendOneOff(to, item(alice, "one", 1));
  await alice.round();
  const yesterday = alice.bucket.snapshot();
  await alice.broadcast.sendOneOff(to, item(alice, "two", 2));
  await alice.round();
  expect(await receive(bob, alice)).toEqual(["one", "two"]);
  alice.bucket.restore(yesterday);
  expect(await receive(bob, alice)).toEqual([]);
});

test("M6: a box with any changed byte, of another pair, or cut short gives nothing", async () => {
  const { alice, bob } = await pair();
  await alice.broadcast.sendOneOff(bob.discovery.identity.id, item(alice, "y".repeat(3_000), 1));
  await alice.round();
  const opened = await look(bob, alice);
  if (opened.kind !== "box") throw new Error("no box");
  const bytes = alice.bucket.objects().get(opened.path) as Uint8Array;
  const open = (home: Home, other: Home, content: Uint8Array): Promise<number | undefined> =>
    home.mailbox.transact({}, (tx) => {
      const peer = home.discovery.peer(tx, other.discovery.identity.id);
      return peer && home.broadcast.openBox(tx, peer, opened, content)?.items.length;
    });
  expect(await open(bob, alice, bytes)).toBe(1);
  expect(await open(alice, bob, bytes)).toBeUndefined();
  for (let position = 0; position < bytes.length; position += 97) {
    const changed = bytes.slice();
    changed[position] = (changed[position] as number) ^ 1;
    expect(await open(bob, alice, changed)).toBeUndefined();
  }
  for (const other of [bytes.subarray(1), new Uint8Array(), new Uint8Array(70_000)]) expect(await open(bob, alice, other)).toBeUndefined();
});
