import { utf8 } from "@cweb/crypto";
import { VirtualClock } from "@cweb/crypto/testing";
import { memoryStore } from "@cweb/storage-local/memory";
import { memoryBucket } from "@cweb/storage-remote/memory";
import { describe, expect, test } from "vitest";
import { commitToSeed } from "../../src/core/identity-keys.ts";
import { createIdentity, encodeDescSeen, encodeId, loadIdentity, type OwnIdentity, recoverIdentity } from "../../src/index.ts";
import { identityRecord } from "../../src/wire/own-records.ts";
import { publishedBody, resigned, served } from "../support/forge.ts";
import { crypto, day, fetchFrom, type Home, hour, openHome } from "../support/home.ts";
import { acquainted } from "../support/pair.ts";

const gens = (home: Home): Promise<readonly number[]> =>
  home.mailbox.transact({}, (tx) => home.discovery.prekeys(tx).map(({ gen }) => gen));

/** Rounds every `step` ms for `length` ms. `meanwhile` runs before each. Each uploads something, which confirms the clock. */
async function pass(home: Home, length: number, step: number, meanwhile?: () => Promise<void>): Promise<void> {
  for (let passed = 0; passed < length; passed += step) {
    home.clock.advance(step);
    await meanwhile?.();
    await home.discovery.setPublicProperties(new Map([["passed", passed / step]]));
    await home.round();
  }
}

/** Everything of an identity that can be compared. */
function shown(identity: OwnIdentity | undefined): object | undefined {
  return identity && { ...identity, roomKey: identity.roomKey(utf8("a room")) };
}

describe("identities", () => {
  test("are the same after loading, and a second one is refused", async () => {
    const { local, identity, random } = await openHome({ seed: 1 });
    const load = async (): Promise<object | undefined> => shown(await loadIdentity({ local, crypto }));
    expect(await load()).toEqual(shown(identity));
    const again = createIdentity({ local, crypto, random, profile: utf8("other") });
    await expect(again).rejects.toThrow(expect.objectContaining({ code: "already-initialized" }));
    expect(await load()).toEqual(shown(identity));
    expect(await loadIdentity({ local: memoryStore(), crypto })).toBeUndefined();
  });

  test("the offline seed opens the commitment in the Id", async () => {
    const { random } = await openHome({ seed: 1 });
    const { identity, nextSeed } = await createIdentity({ local: memoryStore(), crypto, random, profile: utf8("p") });
    expect(commitToSeed(crypto, nextSeed)).toEqual(identity.nextIdCommit);
  });

  test("options beyond the limits are refused before anything is stored", async () => {
    const { random } = await openHome({ seed: 1 });
    const local = memoryStore();
    const refused = [{ profile: new Uint8Array(1025) }, { slotBits: 13 }, { slotBits: 0.5 }, { publicProperties: new Map([["", 1]]) }];
    for (const options of refused) {
      await expect(createIdentity({ local, crypto, random, profile: utf8("p"), ...options })).rejects.toThrow(
        expect.objectContaining({ name: "DiscoveryError" }),
      );
    }
    const short = { local, crypto, seed: new Uint8Array(31), nextIdCommit: new Uint8Array(32), profile: utf8("p") };
    await expect(recoverIdentity(short)).rejects.toThrow(expect.objectContaining({ code: "bad-seed" }));
    expect(await loadIdentity({ local, crypto })).toBeUndefined();
  });

  test("an own card is refused", async () => {
    const { discovery } = await openHome({ seed: 1 });
    const own = discovery.addContact(discovery.parseCard(await discovery.card()));
    await expect(own).rejects.toThrow(expect.objectContaining({ code: "own-card" }));
  });

  test("a damaged record is corrupt-state", async () => {
    const local = memoryStore();
    const put = new Map([[identityRecord.name, new Uint8Array([1, 2])]]);
    await local.commit({ expected: new Map(), put, remove: new Set() });
    await expect(loadIdentity({ local, crypto })).rejects.toThrow(expect.objectContaining({ code: "corrupt-state" }));
  });
});

describe("publishing", () => {
  test("nothing is published again while nothing is due", async () => {
    const { bob, clock } = await acquainted();
    const before = await bob.read();
    clock.advance(7 * day - 1);
    await bob.round();
    expect(await bob.read()).toEqual(before);
  });

  test("two processes on one home publish one descriptor", async () => {
    const clock = new VirtualClock();
    const local = memoryStore();
    const bucket = memoryBucket();
    const one = await openHome({ seed: 4, clock, local, bucket });
    const two = await openHome({ seed: 5, clock, local, bucket });
    await Promise.all([one.discovery.maintain(), two.discovery.maintain()]);
    expect(await gens(one)).toHaveLength(1);
    await one.round();
    await two.round();
    expect((await publishedBody(one)).prevSeq).toBe(0);
  });

  test("the number of slots is bounded and published", async () => {
    const { alice, bob } = await acquainted();
    await expect(bob.discovery.setSlotBits(13)).rejects.toThrow(expect.objectContaining({ code: "too-large" }));
    await bob.discovery.setSlotBits(0);
    await bob.round();
    expect((await fetchFrom(alice, bob)).accepted?.slotBits).toBe(0);
    expect(await bob.mailbox.transact({}, (tx) => bob.discovery.ownSlotBits(tx))).toBe(0);
  });

  test("a clock that was put back publishes again with the right time", async () => {
    const { alice, bob, clock } = await acquainted();
    clock.advance(5 * hour);
    await bob.discovery.setPublicProperties(new Map([["n", 1]]));
    await bob.round();
    clock.setTime(clock.now() - 5 * hour);
    await bob.round();
    const outcome = await fetchFrom(alice, bob);
    expect(outcome.accepted?.issuedAt).toBe(clock.now());
    expect(outcome.raised).toEqual([]);
  });

  test("a restored home begins a new incarnation with new prekeys, above all that was published", async () => {
    const local = memoryStore();
    const { alice, bob, clock } = await acquainted(local);
    const backup = local.snapshot();
    await pass(bob, 8 * day, 12 * hour);
    const before = (await fetchFrom(alice, bob)).accepted;
    const restored = await openHome({ seed: 6, clock, bucket: bob.bucket, local: memoryStore({ from: backup }) });
    await restored.round();
    await restored.round();
    const outcome = await fetchFrom(alice, restored);
    expect(outcome.changed).toBe(true);
    expect(outcome.incarnationRose).toBe(true);
    expect(outcome.raised).toEqual([]);
    expect(outcome.accepted?.gen).toBeGreaterThan(before?.gen ?? Number.NaN);
    expect(outcome.accepted?.id).toBe(bob.identity.id);
  });

  test("a home made again from its seed publishes only after it has seen what was published", async () => {
    const { alice, bob, clock } = await acquainted();
    await bob.discovery.setPublicProperties(new Map([["nickname", "Bob"]]));
    await bob.round();
    const before = await fetchFrom(alice, bob);
    const record = await bob.local.load([identityRecord.name]);
    const { seed } = identityRecord.decode(record.get(identityRecord.name)?.bytes ?? new Uint8Array());
    const { nextIdCommit, profile } = bob.identity;
    const local = memoryStore();
    await recoverIdentity({ local, crypto, seed, nextIdCommit, profile });
    const again = await openHome({ seed: 7, clock, bucket: bob.bucket, local });
    expect(again.identity.id).toBe(bob.identity.id);
    await again.discovery.maintain();
    expect(await gens(again)).toEqual([]);
    const own = await again.read();
    expect(await again.mailbox.transact({}, (tx) => again.discovery.adoptPublished(tx, own))).toBe("adopted");
    await again.round();
    const outcome = await fetchFrom(alice, again);
    expect(outcome.changed).toBe(true);
    expect(outcome.accepted?.prevSeq).toBe(before.accepted?.seq);
    expect(outcome.accepted?.publicProperties.get("nickname")).toBe("Bob");
  });

  test("the own store's answers are told apart", async () => {
    const { alice, bob } = await acquainted();
    const old = await bob.read();
    const adopt = async (result: Awaited<ReturnType<Home["read"]>>): Promise<string> =>
      bob.mailbox.transact({}, (tx) => bob.discovery.adoptPublished(tx, result));
    expect(await adopt(old)).toBe("confirmed");
    await bob.discovery.setPublicProperties(new Map([["n", 1]]));
    await bob.round();
    expect(await adopt(old)).toBe("behind");
    expect(await adopt({ kind: "absent" })).toBe("absent");
    expect(await adopt({ kind: "forbidden" })).toBe("absent");
    expect(await adopt(served(new Uint8Array(10)))).toBe("invalid");
    expect(await adopt(await alice.read())).toBe("invalid");
    expect(await adopt(await resigned(bob, { seq: (await publishedBody(bob)).seq + 5 }))).toBe("adopted");
  });
});

describe("generations", () => {
  test("a contact's slot that was not tried holds up the erasure; one that fails does for 7 days only", async () => {
    const { alice, bob } = await acquainted();
    await bob.discovery.addContact(bob.discovery.parseCard(await alice.discovery.card()));
    const tried = (ok: boolean) => async (): Promise<void> =>
      bob.mailbox.transact({}, (tx) => bob.discovery.noteSlotTried(tx, alice.identity.id, ok));
    const [first] = await gens(bob);
    await pass(bob, 30 * day, 12 * hour);
    expect(await gens(bob)).toContain(first);
    await pass(bob, 6 * day, 12 * hour, tried(false));
    expect(await gens(bob)).toContain(first);
    await pass(bob, 3 * day, 12 * hour, tried(false));
    expect(await gens(bob)).not.toContain(first);
    const [, , , oldest] = (await gens(bob)).toReversed();
    expect(oldest).toBeDefined();
  });

  test("a slot tried after day 21 lets its generation go", async () => {
    const { alice, bob } = await acquainted();
    await bob.discovery.addContact(bob.discovery.parseCard(await alice.discovery.card()));
    const [first] = await gens(bob);
    await pass(bob, 20 * day, day);
    await bob.mailbox.transact({}, (tx) => bob.discovery.noteSlotTried(tx, alice.identity.id, true));
    await pass(bob, 10 * day, 12 * hour);
    expect(await gens(bob)).toContain(first);
    await bob.mailbox.transact({}, (tx) => bob.discovery.noteSlotTried(tx, alice.identity.id, true));
    await pass(bob, 2 * day, 12 * hour);
    expect(await gens(bob)).not.toContain(first);
  });

  test("a clock that ran a year ahead for a while keeps no keys for that year", async () => {
    const { bob, clock } = await acquainted();
    const right = clock.now();
    clock.setTime(right + 400 * day);
    await bob.discovery.maintain(); // offline: nothing confirms this time
    clock.setTime(right + hour);
    await bob.round();
    await pass(bob, 60 * day, 12 * hour);
    expect((await gens(bob)).length).toBeLessThanOrEqual(6);
  });

  test("a slot tried while the clock ran ahead does not count for the time that was to come", async () => {
    const { alice, bob, clock } = await acquainted();
    await bob.discovery.addContact(bob.discovery.parseCard(await alice.discovery.card()));
    const [first] = await gens(bob);
    const right = clock.now();
    clock.setTime(right + 400 * day);
    await bob.mailbox.transact({}, (tx) => bob.discovery.noteSlotTried(tx, alice.identity.id, true));
    clock.setTime(right);
    await pass(bob, 32 * day, 12 * hour);
    expect(await gens(bob)).toContain(first);
  });

  test("oldestGen is stored before a generation is erased", async () => {
    const { bob, clock } = await acquainted();
    const [first] = await gens(bob);
    await pass(bob, 27.5 * day, 12 * hour);
    clock.advance(12 * hour);
    for (let i = 0; i < 3; i++) {
      await bob.discovery.maintain();
      clock.advance(2 * hour);
    }
    // Nothing was uploaded: the world still believes that the first generation can be read.
    expect((await publishedBody(bob)).oldestGen).toBe(first);
    expect(await gens(bob)).toContain(first);
    await bob.round();
    expect((await publishedBody(bob)).oldestGen).toBeGreaterThan(first ?? Number.NaN);
    await bob.discovery.maintain();
    expect(await gens(bob)).not.toContain(first);
  });

  test("M4: a prekey handle answers once", async () => {
    const { alice, bob } = await acquainted();
    const context = {
      initiatorId: alice.identity.idBytes,
      responderId: bob.identity.idBytes,
      generation: 0,
      kind: 0,
      initSeq: 1,
      sawSeq: 0,
      initiatorIncarnation: 1,
      responderIncarnation: 1,
    };
    await alice.mailbox.transact({}, (tx) => {
      const peer = alice.discovery.peer(tx, bob.identity.id);
      if (peer === undefined) throw new Error("not pinned");
      const fitting = { ...context, generation: peer.gen };
      const sent = crypto.pqxdh.initiate({ identity: alice.identity.agreement }, peer, fitting, tx.random);
      if (sent === undefined) throw new Error("no handshake");
      const from = { identityKey: alice.identity.agreement.publicKey, ephemeralKey: sent.ephemeralKey, ciphertext: sent.ciphertext };
      return bob.mailbox.transact({}, (theirs) => {
        const [handle] = bob.discovery.prekeys(theirs);
        expect(handle?.respond(from, context)).toBeUndefined();
        expect(handle?.respond(from, fitting)?.sharedKey).toEqual(sent.sharedKey);
        expect(() => handle?.respond(from, fitting)).toThrow(expect.objectContaining({ code: "key-used" }));
      });
    });
  });
});

test("the echo of a peer tells of a withheld or forked view", async () => {
  const { bob, clock } = await acquainted();
  const judge = (seq: number, hash: Uint8Array, sentAt: number): Promise<string | undefined> =>
    bob.mailbox.transact({}, (tx) => bob.discovery.onDescSeen(tx, encodeDescSeen({ seq, hash }), sentAt));
  const first = await bob.mailbox.transact({}, (tx) => bob.discovery.currentGen(tx));
  expect(first).toBeGreaterThan(0);
  const { seq } = await publishedBody(bob);
  const hash = await hashOf(bob);
  expect(await judge(seq, hash, clock.now())).toBe("current");
  expect(await judge(seq, new Uint8Array(32), clock.now())).toBe("forked");
  expect(await judge(seq + 1, hash, clock.now())).toBe("ahead");
  expect(await judge(seq - 1, hash, clock.now())).toBe("unknown");
  clock.advance(day);
  await bob.discovery.setPublicProperties(new Map([["n", 1]]));
  await bob.round();
  expect(await judge(seq, hash, clock.now() + day)).toBe("behind");
  expect(await judge(seq, hash, clock.now() + 2 * day + 1)).toBe("withheld");
  const malformed = await bob.mailbox.transact({}, (tx) => bob.discovery.onDescSeen(tx, new Uint8Array(3), 0));
  expect(malformed).toBeUndefined();
});

async function hashOf(home: Home): Promise<Uint8Array> {
  const reader = await openHome({ seed: 9, clock: home.clock });
  await reader.discovery.addContact(reader.discovery.parseCard(await home.discovery.card()));
  return (await fetchFrom(reader, home)).accepted?.hash ?? new Uint8Array();
}

test("contacts are listed in order, page by page, and forgotten when removed", async () => {
  const { bob } = await acquainted();
  const random = bob.random;
  const ids = Array.from({ length: 205 }, () => random.bytes(32));
  for (const [i, idBytes] of ids.entries()) {
    const id = encodeId(idBytes);
    expect(await bob.discovery.addContact({ id, idBytes, profile: utf8(`${i}`), minSeq: 0 })).toBe("added");
  }
  const listed = await bob.discovery.contacts();
  expect(listed).toHaveLength(205);
  expect(listed.map(({ id }) => id)).toEqual(listed.map(({ id }) => id).toSorted());
  const [gone] = listed;
  if (gone === undefined) throw new Error("empty");
  expect(await bob.discovery.addContact({ ...gone, minSeq: 3 })).toBe("known");
  await bob.discovery.removeContact(gone.id);
  expect(await bob.discovery.contact(gone.id)).toBeUndefined();
  expect(await bob.discovery.contacts()).toHaveLength(204);
  await expect(bob.discovery.removeContact(gone.id)).rejects.toThrow(expect.objectContaining({ code: "unknown-contact" }));
});
