import { equal, sizeClass } from "@cweb/crypto";
import { toPath } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import type { SessionState } from "../../src/core/state.ts";
import { stateCodec } from "../../src/core/state-codec.ts";
import { createKindRegistry, kinds, type MessageKind, SessionError } from "../../src/index.ts";
import { acquainted, bodyOf, publishBody, publishForged } from "../support/forge.ts";
import { day, minute, type TestPeer, World } from "../support/world.ts";

async function pair(seed: number): Promise<{ world: World; ada: TestPeer; ben: TestPeer }> {
  const world = new World(seed);
  const [ada, ben] = await acquainted(await world.meeting(2));
  return { world, ada, ben };
}

/** Two turns: one of them may be another's. */
async function hear(peer: TestPeer, other: TestPeer): Promise<void> {
  await peer.poll(other);
  await peer.poll(other);
}

/** Everything of the state but what a round counts anyway. */
const essence = (state: SessionState | undefined): Uint8Array =>
  stateCodec.encode({ ...(state as SessionState), activeDays: 0, lastDay: 0, checkedAt: 0 });

describe("what a contact or its store may send", () => {
  test("an undecryptable object is reported once and blocks nothing", async () => {
    const { world, ada, ben } = await pair(1);
    await ada.say(ben, "one");
    const before = ada.bucket.snapshot();
    const [path] = ada.objects().filter((name) => ada.requestsOf("put").at(-1)?.path === name);
    const bytes = ada.bucket.objects().get(path as never) as Uint8Array;
    const state = essence(await ben.state(ada));
    for (const wrong of [
      bytes.map((byte, i) => (i === 3000 ? byte ^ 1 : byte)),
      bytes.subarray(0, 4000),
      new Uint8Array(),
      new Uint8Array(70_000),
    ]) {
      await ada.bucket.writer.write(toPath(path as string), wrong);
      for (let i = 0; i < 4; i++) {
        world.clock.advance(minute);
        await ben.poll(ada);
      }
    }
    expect(equal(essence(await ben.state(ada)), state)).toBe(true);
    expect((await ben.events()).map(({ type }) => type)).toEqual(["undecryptable", "alarm"]);
    // A later message is found all the same, and the altered one once the owner has repaired it.
    await ada.bucket.restore(before);
    await ada.bucket.writer.write(toPath(path as string), new Uint8Array(4096));
    await ada.say(ben, "two");
    await ben.poll(ada, true);
    expect(await ben.texts()).toEqual(["two"]);
    await ben.say(ada, "something is missing");
    await ada.poll(ben, true);
    await ben.poll(ada, true);
    const events = await ben.events();
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["recovered", "message"]));
    expect(new TextDecoder().decode(events.at(-1)?.payload)).toBe("one");
  });

  test("an undecryptable slot is reported once and blocks nothing", async () => {
    const { world, ada, ben } = await pair(2);
    await ada.say(ben, "under its name");
    const slot = toPath(ada.mutablePaths()[2] as string);
    for (let i = 0; i < 10; i++) {
      await ada.bucket.writer.write(slot, new Uint8Array(i));
      world.clock.advance(day);
      await ben.poll(ada);
    }
    expect((await ben.events()).map(({ type }) => type).filter((type) => type !== "alarm")).toEqual(["message", "undecryptable"]);
  });

  test("M6: a message that keeps to the ratchet but not to the format changes nothing", async () => {
    const { ada, ben } = await pair(3);
    const state = essence(await ben.state(ada));
    const good = await bodyOf(ada, ben);
    const forgeries = [
      () => publishForged(ada, ben, new Uint8Array()),
      () => publishForged(ada, ben, crypto.getRandomValues(new Uint8Array(500))),
      () => publishForged(ada, ben, new Uint8Array(200).fill(0x91)),
      () => publishBody(ada, ben, { seq: good.seq + 1 }),
      () => publishBody(ada, ben, { seq: good.seq - 1 }),
      () => publishBody(ada, ben, { seq: 0 }),
    ];
    for (const forge of forgeries) {
      await forge();
      await ben.poll(ada, true);
      expect(equal(essence(await ben.state(ada)), state)).toBe(true);
    }
    expect((await ben.events()).map(({ type }) => type)).toEqual(["undecryptable", "alarm"]);
    await publishBody(ada, ben, {});
    await hear(ben, ada);
    expect(await ben.texts()).toEqual(["forged"]);
  });

  test("a body that acknowledges what was never sent is not believed", async () => {
    const { ada, ben } = await pair(4);
    await ben.say(ada, "not read");
    const { delivery } = (await ben.state(ada))?.live ?? {};
    const lastSeq = delivery?.lastSeq as number;
    await publishBody(ada, ben, { ack: lastSeq + 1, missing: [], lost: [] });
    await hear(ben, ada);
    expect((await ben.events()).map(({ type }) => type)).toEqual(["message"]);
    expect((await ben.session(ada).status()).unacknowledged).toBe(1);
  });

  test("hostile lists of missing and lost numbers finish at most what they name", async () => {
    const { ada, ben } = await pair(5);
    for (let i = 0; i < 3; i++) await ben.say(ada, String(i));
    const lastSeq = (await ben.state(ada))?.live?.delivery.lastSeq as number;
    const many = Array.from({ length: 32 }, (_, i) => 2 ** 31 + i);
    await publishBody(ada, ben, { ack: lastSeq, missing: many.map((n) => n), lost: [lastSeq, lastSeq, 0, ...many.slice(3)] });
    await hear(ben, ada);
    const events = await ben.events();
    expect(events.filter(({ type }) => type === "delivered").length).toBe(2);
    expect(events.filter(({ type }) => type === "undelivered").length).toBe(1);
    expect((await ben.session(ada).status()).unacknowledged).toBe(0);
    await ben.say(ada, "goes on");
    expect((await ben.session(ada).status()).unacknowledged).toBe(1);
  });

  test("an initFloor of a clock that runs ahead does not make later initial messages look old", async () => {
    const { world, ada, ben } = await pair(6);
    await publishBody(ada, ben, { initFloor: world.clock.now() + 1000 * day });
    await hear(ben, ada);
    expect((await ben.state(ada))?.floor).toBeLessThanOrEqual(world.clock.now() + day);
  });

  test("malformed and unknown riders are skipped", async () => {
    const { ada, ben } = await pair(7);
    const junk = Uint8Array.of(1, 2, 3);
    await publishBody(ada, ben, { riders: [1, 2, 3, 4, 99, 4_000_000_000].map((kind) => ({ kind, bytes: junk })) });
    await hear(ben, ada);
    expect((await ben.events()).map(({ type }) => type)).toEqual(["message"]);
  });

  test("an unknown kind is acknowledged, reported as unsupported, and blocks nothing", async () => {
    const { world, ada, ben } = await pair(8);
    const later = createKindRegistry([{ number: 900, name: "later", channels: ["session"] }]);
    world.options.kinds = later;
    const { messageId } = await ada.session(ben).send({ kind: 900, payload: Uint8Array.of(1) });
    world.options.kinds = createKindRegistry();
    await ada.say(ben, "and a text");
    await hear(ben, ada);
    const events = await ben.events();
    expect(events.map(({ type }) => type)).toEqual(["unsupported", "message"]);
    expect(events[0]).toMatchObject({ number: 900, messageId });
    await ben.say(ada, "ok");
    await hear(ada, ben);
    expect((await ada.eventsOf("delivered")).length).toBeGreaterThanOrEqual(2);
  });

  test("M2: every kind on every channel: only the allowed ones pass", async () => {
    const { world, ada, ben } = await pair(9);
    const upper: readonly MessageKind[] = [
      { number: 16, name: "key", channels: ["session"], isEphemeral: true },
      { number: 24, name: "file", channels: ["session", "one-off", "room"] },
      { number: 40, name: "copy", channels: ["session", "room"] },
      { number: 41, name: "vouch", channels: ["room"] },
      { number: 42, name: "leaflet", channels: ["one-off"] },
    ];
    const registry = createKindRegistry(upper);
    const lawless = createKindRegistry(upper.map((kind) => ({ ...kind, channels: ["session"] })));
    const shown: Record<number, readonly string[]> = {};
    for (const { number, channels } of [...Object.values(kinds), ...upper] as readonly MessageKind[]) {
      const message = { kind: number, payload: new Uint8Array() };
      world.options.kinds = registry;
      if (!channels.includes("session")) await expect(ada.session(ben).send(message)).rejects.toMatchObject({ code: "unsupported-kind" });
      // A contact that sends it all the same.
      world.options.kinds = lawless;
      await ada.session(ben).send(message);
      await ada.flush();
      world.options.kinds = registry;
      await hear(ben, ada);
      shown[number] = (await ben.events()).map(({ type }) => type);
    }
    expect(shown).toEqual({
      0: [],
      1: [],
      2: ["message"],
      3: ["message"],
      4: ["undecryptable"],
      16: ["message"],
      24: ["message"],
      40: ["message"],
      41: ["unsupported"],
      42: ["unsupported"],
    });
  });

  test("too large: the limit is named, and the largest allowed message arrives", async () => {
    const { ada, ben } = await pair(10);
    const tooLarge = ada.session(ben).send({ kind: kinds.text.number, payload: new Uint8Array(57_345) });
    await expect(tooLarge).rejects.toThrow(SessionError);
    await expect(tooLarge).rejects.toMatchObject({ code: "too-large", message: expect.stringContaining("57344") });
    for (let i = 0; i < 4; i++) await ada.session(ben).ride(10 + i, new Uint8Array(1024));
    await ada.session(ben).send({ kind: kinds.text.number, payload: new Uint8Array(57_344) });
    await ada.flush();
    expect(Math.max(...[...ada.bucket.objects().values()].map(({ length }) => length))).toBe(65_536);
    await hear(ben, ada);
    expect((await ben.eventsOf("message")).map(({ payload }) => payload.length)).toEqual([57_344]);
    await expect(ada.session(ben).ride(10, new Uint8Array(4097))).rejects.toMatchObject({ code: "too-large" });
  });

  test("refuses to send when 10,000 messages wait", async () => {
    const { ada, ben } = await pair(11);
    const name = `session/${ben.discovery.identity.id}/state`;
    const state = (await ada.state(ben)) as SessionState;
    const record = (await ada.store.load([name])).get(name);
    await ada.store.commit({
      expected: new Map([[name, record?.revision ?? null]]),
      put: new Map([[name, stateCodec.encode({ ...state, unacked: 9_999 })]]),
      remove: new Set(),
    });
    await ada.say(ben, "the last one");
    const refused = ada.session(ben).send({ kind: kinds.text.number, payload: new Uint8Array() });
    await expect(refused).rejects.toMatchObject({ code: "peer-away", retryable: true });
  });

  test("what was sent before a reset does not count as waiting", async () => {
    const { world, ada, ben } = await pair(12);
    for (let i = 0; i < 20; i++) await ada.say(ben, String(i));
    await hear(ben, ada);
    await ben.say(ada, "all read");
    await hear(ada, ben);
    expect(await ada.session(ben).status()).toMatchObject({ queued: 0, unacknowledged: 0 });
    await ben.session(ada).remove();
    await ben.discovery.removeContact(ada.discovery.identity.id);
    await ben.meet(ada);
    await ben.session(ada).greet();
    await ben.flush();
    world.clock.advance(day);
    await hear(ada, ben);
    expect(await ada.session(ben).status()).toMatchObject({ session: "established", queued: 0, unacknowledged: 0 });
  });

  test("sending again with the same id sends nothing", async () => {
    const { ada, ben } = await pair(13);
    const messageId = new Uint8Array(16).fill(7);
    for (let i = 0; i < 3; i++) await ada.say(ben, "once", messageId);
    await hear(ben, ada);
    await ben.say(ada, "read");
    await hear(ada, ben);
    await ada.say(ben, "once", messageId);
    await ben.poll(ada, true);
    expect(await ben.texts()).toEqual(["once"]);
  });

  test("two processes that poll the same contact take each message once and call none undecryptable", async () => {
    const { world, ada, ben } = await pair(14);
    const first = ben.session(ada);
    await ben.start();
    const second = ben.session(ada);
    for (let i = 0; i < 20; i++) {
      await ada.say(ben, `a ${i}`);
      await ada.say(ben, `b ${i}`);
      world.clock.advance(minute);
      await Promise.all([first.poll(), second.poll(), first.poll()]);
    }
    await second.poll({ full: true });
    const events = await ben.events();
    expect(events.map(({ type }) => type).filter((type) => type !== "message")).toEqual([]);
    expect(events.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(
      Array.from({ length: 20 }, (_, i) => [`a ${i}`, `b ${i}`]).flat(),
    );
  });

  test("every object has one of the five sizes", async () => {
    const { ada, ben } = await pair(15);
    for (const length of [0, 1579, 1640, 5675, 5740, 13_867, 13_930, 30_251, 30_310]) {
      await ada.session(ben).send({ kind: kinds.text.number, payload: new Uint8Array(length) });
    }
    await ada.flush();
    const sizes = ada.objects().map((path) => ada.bucket.objects().get(path)?.length as number);
    expect(sizes.every((size) => sizeClass(size) === size)).toBe(true);
    expect(new Set(sizes)).toEqual(new Set([4096, 8192, 16_384, 32_768, 65_536]));
  });
});
