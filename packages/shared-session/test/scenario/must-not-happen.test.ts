import { cipherSuite, concat, equal } from "@cweb/crypto";
import { createKindRegistry, kinds } from "@cweb/session";
import { type ObjectRecord, objectPath, recordKinds, sealSigned, signRecord } from "@cweb/shared-object/core";
import { describe, expect, test } from "vitest";
import { startChains, takeKey } from "../../src/core/chain.ts";
import type { Epoch } from "../../src/core/epoch.ts";
import { readEpoch } from "../../src/core/epoch.ts";
import type { RoomHead } from "../../src/core/room-head.ts";
import type { RoomDraft } from "../../src/room-draft.ts";
import { post } from "../../src/step/post.ts";
import { sealKeyOf } from "../../src/step/publish.ts";
import { receiveLetter } from "../../src/step/room-steps.ts";
import { acceptCodec, descriptorPayload, signedRecordCodec } from "../../src/wire/descriptor.ts";
import { epochCodec } from "../../src/wire/epoch.ts";
import { endCodec, keyCodec } from "../../src/wire/key.ts";
import { isRoomKind, roomKinds } from "../../src/wire/kinds.ts";
import { inviteCodec, joinCodec, leaveCodec, offerCodec, rejoinCodec } from "../../src/wire/membership.ts";
import { messageCodec, signedMessageCodec } from "../../src/wire/message.ts";
import { copyCodec, headsCodec, hintCodec, vouchCodec, wantCodec } from "../../src/wire/recovery.ts";
import { day, hour, minute, SimWorld } from "../support/sim-world.ts";

function room(seed = 7, members = 3): SimWorld {
  const world = new SimWorld(seed, cipherSuite, members + 1);
  world.found(members);
  return world;
}

const text = (world: SimWorld, index: number): readonly string[] =>
  world
    .view(index)
    .filter(({ kind }) => kind === kinds.text.number)
    .map(({ payload }) => new TextDecoder().decode(payload));

/** What must not change where something is refused: all but when things were asked for, and what was reported. */
const essence = (world: SimWorld, index: number): Partial<RoomHead> =>
  world.look(index, ({ head }) => {
    const { current, admin, adminKey, epochs, chains, epochKeys, isEnded, todo, heads, invited } = head;
    return { current, admin, adminKey, epochs, chains, epochKeys, isEnded, todo, heads, invited };
  });

/** Puts a record into the admin's store as the provider, or whoever has the descriptor's key, could. */
function plant(world: SimWorld, change: (record: ObjectRecord, draft: RoomDraft) => ObjectRecord, seed: Uint8Array): void {
  world.look(1, (draft) => {
    const current = draft.current as Epoch;
    const key = draft.head.descriptors.find(({ e }) => e === current.e);
    if (!key) throw new Error("the member has no key of the descriptor");
    const record: ObjectRecord = {
      objectId: draft.head.groupId as never,
      epoch: current.e,
      version: key.version + 1,
      prevVersion: key.version,
      prevHash: key.head,
      issuedAt: world.now,
      validUntil: world.now + day,
      interval: 300,
      kind: recordKinds.epoch,
      payload: descriptorPayload.encode({ epoch: current.bytes, about: { name: "mine", picture: new Uint8Array() } }),
    };
    const seal = sealKeyOf(draft, key);
    const object = sealSigned(world.crypto, world.random, seal, signRecord(world.crypto, seed, change(record, draft)));
    world.buckets[0]?.set(objectPath(world.crypto, seal), [object]);
  });
}

/** The next epoch as a member would like it: with itself as the admin's only company. */
function forgedEpoch(draft: RoomDraft): Uint8Array {
  const { bytes: _bytes, epoch: _epoch, members, ...current } = draft.current as Epoch;
  const listed = members.filter(({ id }) => id === draft.own || id === draft.head.admin);
  const plain = listed.map(({ card, idKeys, gspk, joinedEpoch }) => ({ card, idKeys, gspk, joinedEpoch }));
  return epochCodec.encode({ ...current, previous: (draft.current as Epoch).epoch, e: current.e + 1, members: plain });
}

describe("what must not happen in a room", () => {
  test.each([
    ["signed by a member", (record: ObjectRecord) => record],
    [
      "of another epoch",
      (record: ObjectRecord, draft: RoomDraft) => ({
        ...record,
        payload: descriptorPayload.encode({ epoch: forgedEpoch(draft), about: { name: "mine", picture: new Uint8Array() } }),
      }),
    ],
  ] as const)("M1: a forged descriptor changes nothing: %s", (_, change) => {
    const world = room();
    const before = essence(world, 2);
    const seed = world.look(1, ({ head }) => head.signingSeed);
    plant(world, change, seed);
    world.now += hour;
    world.settle(2, minute);
    expect(essence(world, 2)).toEqual(before);
    expect(world.look(2, ({ head }) => head.about.name)).toBe("room");
    expect(world.home(2).told.some(({ detail }) => detail === "descriptor-invalid")).toBe(true);
  });

  test("M1: a stale descriptor changes nothing, and is reported when it has stood", () => {
    const world = room();
    const [path] = world.look(2, (draft) => draft.head.descriptors.map((key) => objectPath(world.crypto, sealKeyOf(draft, key))));
    const old = world.buckets[0]?.get(path as never)?.[0] as Uint8Array;
    world.on(0, (draft) => draft.set({ writtenAt: 0 }));
    world.settle(2, 6 * minute);
    const before = essence(world, 2);
    world.buckets[0]?.set(path as never, [old]);
    world.settle(6, 6 * minute);
    expect(essence(world, 2)).toEqual(before);
    expect(world.look(2, ({ head }) => head.alarms.map(({ code, member }) => [code, world.indexOf(member)]))).toEqual([
      ["room-rollback", 0],
    ]);
  });

  test("M2: every kind on every channel: only the allowed cells pass", () => {
    const registry = createKindRegistry(Object.values(roomKinds));
    for (const kind of Object.values(roomKinds)) {
      expect([kind.name, isRoomKind(kind.number, registry)]).toEqual([kind.name, (kind.channels as readonly string[]).includes("room")]);
      expect((kind.channels as readonly string[]).includes("one-off")).toBe(false);
    }
    // A key, an end, a join in the room's own chain is content of an unsupported kind, whoever has written it.
    const world = room();
    const key = keyOf(world);
    for (const { number } of Object.values(roomKinds).filter(({ channels }) => !(channels as readonly string[]).includes("room"))) {
      const before = essence(world, 2);
      world.on(0, (draft) => post(draft, { kind: number, payload: key, uuid: new Uint8Array(16).fill(number) }));
      world.settle(2, minute);
      expect({ ...essence(world, 2), heads: [] }).toEqual({ ...before, heads: [] });
      const told = world.home(2).told.filter((event) => event.type === "room-message" && event.number === number);
      expect(told.map(({ detail, payload }) => [detail, payload.length])).toEqual([["unsupported", 0]]);
    }
  });

  test("M3: a key that another member hands on is not taken, and a copy carries no key", () => {
    const world = room();
    const key = keyOf(world);
    world.remove(0, 1);
    world.settle(3, minute);
    const before = essence(world, 2);
    world.home(2).step((tx) =>
      receiveLetter(tx, world.home(2).tools, world.home(1).id, {
        number: roomKinds.key.number,
        payload: key,
        messageId: new Uint8Array(16),
        sentAt: 0,
      }),
    );
    expect(essence(world, 2)).toEqual(before);
    const copied = copyCodec.encode({ of: 1, groupId: world.group, message: { body: key, signature: new Uint8Array(64) } });
    world.home(2).step((tx) =>
      receiveLetter(tx, world.home(2).tools, world.home(0).id, {
        number: roomKinds.copy.number,
        payload: copied,
        messageId: new Uint8Array(16),
        sentAt: 0,
      }),
    );
    expect(essence(world, 2)).toEqual(before);
  });

  test("M4: one key, one purpose: chains of members and epochs differ, and a message key is given out once", () => {
    const world = room();
    const epoch = world.look(0, (draft) => draft.current as Epoch);
    const secret = new Uint8Array(32).fill(3);
    const other = { ...epoch, epoch: world.look(0, ({ head }) => head.epochs[0]?.epoch ?? epoch.epoch) };
    const all = [epoch, other].flatMap((one) => startChains(world.crypto, one, secret, world.home(0).id).chains);
    const keys = all.flatMap(({ chainKey, nameKey }) => [chainKey, nameKey]);
    expect(new Set(keys.map((key) => Array.from(key).join())).size).toBe(keys.length);
    const chain = all[0] as (typeof all)[number];
    const first = takeKey(world.crypto, chain, 0);
    const third = first && takeKey(world.crypto, first.chain, 2);
    expect(third && takeKey(world.crypto, third.chain, 2)).toBeUndefined();
    expect(third && takeKey(world.crypto, third.chain, 0)).toBeUndefined();
    const second = third && takeKey(world.crypto, third.chain, 1);
    expect(second && !equal(second.messageKey, third.messageKey)).toBe(true);
    expect(first && takeKey(world.crypto, first.chain, 1 + 1001)).toBeUndefined();
  });

  test("M5: objects that are moved, swapped, repeated or reflected are not taken", () => {
    const world = room();
    world.hints = 0;
    world.send(1, "one");
    world.send(1, "two");
    for (const index of [0, 1, 2]) world.upload(index, 100);
    const bucket = world.buckets[1] as Map<never, Uint8Array[]>;
    const paths = [...bucket.keys()];
    const objects = paths.map((path) => bucket.get(path) as Uint8Array[]);
    for (const [i, path] of paths.entries()) bucket.set(path, objects[(i + 1) % objects.length] as Uint8Array[]);
    world.settle(8, minute);
    expect([text(world, 0), text(world, 2)]).toEqual([[], []]);
    expect(world.home(0).told.some(({ detail }) => detail === "object-invalid")).toBe(true);
    for (const [i, path] of paths.entries()) bucket.set(path, objects[i] as Uint8Array[]);
    world.settle(8, minute);
    expect([text(world, 0), text(world, 2)]).toEqual([
      ["one", "two"],
      ["one", "two"],
    ]);
  });

  test("M6: nothing is believed before it is authenticated: any byte changed in any object changes nothing", () => {
    const world = room();
    world.send(1, "one");
    for (const index of [0, 1, 2]) world.upload(index, 100);
    const before = essence(world, 2);
    let turn = 0;
    world.tamper = (_owner, _reader, _path, versions) =>
      versions.at(-1)?.map((byte, i) => (i === (turn * 211) % 4096 ? byte ^ (1 << (turn % 8)) : byte));
    for (turn = 0; turn < 30; turn++) {
      world.now += hour;
      world.round(2);
    }
    expect(essence(world, 2)).toEqual(before);
    const told = world.home(2).told.filter(({ type }) => type === "room-alarm");
    expect(new Set(told.map(({ detail }) => detail))).toEqual(new Set(["descriptor-invalid", "object-invalid"]));
  });

  test("M6: malformed letters of every kind change nothing", () => {
    const world = room();
    const before = essence(world, 2);
    for (const { number } of Object.values(roomKinds)) {
      for (let size = 0; size < 40; size++) {
        const payload = world.random.bytes(size * 7);
        world
          .home(2)
          .step((tx) =>
            receiveLetter(tx, world.home(2).tools, world.home(0).id, { number, payload, messageId: new Uint8Array(16), sentAt: 0 }),
          );
      }
    }
    expect(essence(world, 2)).toEqual(before);
  });

  test("M7: a byte changed in any key of an epoch makes it another epoch, or none", () => {
    const world = room();
    const { bytes, epoch } = world.look(0, (draft) => draft.current as Epoch);
    for (let at = 0; at < bytes.length; at += 13) {
      const changed = bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
      expect(readEpoch(world.crypto, changed)?.epoch).not.toBe(epoch);
    }
    const key = keyOf(world);
    const decoded = keyCodec.decode(key);
    const wrong = { ...decoded, epochKey: cipherSuite.mac(decoded.epochKey, new Uint8Array(1)) };
    const fresh = new SimWorld(7, cipherSuite, 4);
    fresh.found(1);
    fresh.invite(0, 1);
    fresh.drain();
    fresh.join(1);
    for (const index of [0, 1]) fresh.upload(index, 100);
    fresh.hear(1, 0);
    fresh.round(0);
    fresh.upload(0, 100);
    const queue = fresh.channels.get("0>1") ?? [];
    const at = queue.findIndex(({ number }) => number === roomKinds.key.number);
    const letter = queue[at] as (typeof queue)[number];
    queue[at] = { ...letter, payload: keyCodec.encode({ ...keyCodec.decode(letter.payload), epochKey: wrong.epochKey }) };
    fresh.settle(3, minute);
    expect(fresh.look(1, ({ head }) => head.chains)).toEqual([]);
  });

  test("M16: what was removed does not come back: old keys, old joins, old epochs", () => {
    const world = room();
    const key = keyOf(world);
    const gspk = world.look(2, ({ head }) => head.gspk);
    world.remove(0, 2);
    world.settle(3, minute);
    const letter = (number: number, payload: Uint8Array, from: number, to: number): void =>
      world
        .home(to)
        .step((tx) =>
          receiveLetter(tx, world.home(to).tools, world.home(from).id, { number, payload, messageId: world.random.bytes(16), sentAt: 0 }),
        );
    world.invite(0, 2);
    world.settle(2, minute);
    const { card, tools } = world.home(2);
    letter(roomKinds.join.number, joinCodec.encode({ groupId: world.group, gspk, card, idKeys: tools.own.idKeys }), 2, 0);
    expect(world.look(0, ({ head }) => head.todo.joins)).toEqual([]);
    const before = essence(world, 2);
    letter(roomKinds.key.number, key, 0, 2);
    expect(essence(world, 2)).toEqual({ ...before });
  });

  test("M17: no letter is taken for another: every encoding is read by its own decoder only", () => {
    const world = room();
    const groupId = world.group;
    const epoch = world.look(0, ({ current }) => current?.epoch as never);
    const key = keyOf(world);
    const bytes32 = new Uint8Array(32).fill(1);
    const about = { name: "a", picture: new Uint8Array() };
    const signature = new Uint8Array(64);
    const samples = {
      invite: [inviteCodec, inviteCodec.encode({ groupId, signingKey: bytes32, about })],
      join: [joinCodec, joinCodec.encode({ groupId, gspk: bytes32, card: world.home(1).card, idKeys: new Uint8Array(96) })],
      leave: [leaveCodec, leaveCodec.encode({ groupId, epoch, sent: 1 })],
      key: [keyCodec, key],
      rejoin: [rejoinCodec, rejoinCodec.encode({ groupId, gspk: bytes32 })],
      hint: [hintCodec, hintCodec.encode({ groupId, epoch, index: 0, n: 1, prefix: new Uint8Array(8) })],
      want: [wantCodec, wantCodec.encode({ groupId, epoch, messages: [] })],
      accept: [acceptCodec, acceptCodec.encode({ groupId, epoch, signingKey: bytes32, signature })],
      copy: [copyCodec, copyCodec.encode({ of: 0, groupId })],
      end: [endCodec, endCodec.encode({ groupId, proof: null })],
      offer: [offerCodec, offerCodec.encode({ groupId, epoch, signingKey: bytes32 })],
      heads: [headsCodec, headsCodec.encode({ groupId, epoch, heads: [{ index: 0, n: 1, prefix: new Uint8Array(8) }] })],
      vouch: [vouchCodec, vouchCodec.encode({ tags: [new Uint8Array(16)] })],
      message: [signedMessageCodec, signedMessageCodec.encode({ body: messageBytes(world), signature })],
    } as const;
    for (const [name, [, bytes]] of Object.entries(samples)) {
      const readers = Object.entries(samples).filter(([, [codec]]) => isRead(codec, bytes));
      expect([name, readers.map(([reader]) => reader)]).toEqual([name, [name]]);
    }
    // Records and messages have one shape when signed; what is signed differs, and so does the label of each hash and signature.
    expect(isRead(messageCodec, signedRecordCodec.decode(record(world)).record)).toBe(false);
    const body = messageBytes(world);
    expect(equal(world.crypto.hash("ss/id", body), world.crypto.hash("ss/t", body))).toBe(false);
    const sign = (label: "ss/sig" | "so/sig" | "ss/accept"): Uint8Array => world.crypto.ed25519.sign(bytes32, label, body);
    expect(new Set([sign("ss/sig"), sign("so/sig"), sign("ss/accept")].map((one) => one.join())).size).toBe(3);
  });

  test("M14: no store can make a message look read", async () => {
    const { coverage, history, readersOf } = await import("../../src/step/receipts.ts");
    const world = room();
    world.send(1, "one");
    for (const index of [0, 1, 2]) world.upload(index, 100);
    world.lies.set("1>2", { messages: true, records: "true" });
    // Objects repeated under all names, whatever a provider can do without keys.
    world.settle(4, minute);
    const who = (reader: number): readonly number[] =>
      world.look(reader, (draft) => {
        const entries = history(draft);
        const entry = entries.find(({ message }) => message.kind === kinds.text.number);
        if (!entry) return [];
        const place = { epoch: entry.message.epoch, index: entry.index, n: entry.message.n };
        return readersOf(draft, coverage(draft, entries), place, entry.message.sender).map((id) => world.indexOf(id));
      });
    expect(who(1)).toEqual([]);
    world.send(0, "read");
    world.settle(4, minute);
    expect(who(1)).toEqual([0]);
  });
});

/** The key message with which the admin opened the present epoch. */
function keyOf(world: SimWorld): Uint8Array {
  return world.look(0, (draft) => {
    const own = draft.head.descriptors.find(({ owner, e }) => owner === draft.own && e === draft.current?.e);
    if (!own) throw new Error("the admin has no descriptor");
    const object = {
      objectId: world.group as never,
      epoch: own.e,
      key: own.key,
      verifyKey: draft.head.adminKey,
      version: 0,
      head: new Uint8Array(32),
    };
    return keyCodec.encode({ object, epochKey: own.key, proof: null });
  });
}

const record = (world: SimWorld): Uint8Array =>
  world.look(0, (draft) => signedRecordCodec.encode(draft.record(draft.head.current as never)?.record as never));

function messageBytes(world: SimWorld): Uint8Array {
  const sender = world.home(1).id;
  const common = {
    groupId: world.group,
    epoch: world.look(0, ({ current }) => current?.epoch as never),
    sender,
    n: 0,
    lamport: 0,
    parents: [],
  };
  const rest = { previousOwn: "a".repeat(52) as never, time: 0, kind: 2, uuid: new Uint8Array(16), payload: concat() };
  return messageCodec.encode({ ...common, ...rest });
}

function isRead(codec: { decode(bytes: Uint8Array): unknown }, bytes: Uint8Array): boolean {
  try {
    codec.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
