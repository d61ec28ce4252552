import { cipherSuite, utf8 } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import { type ReadResult, toPath } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { ratchetSecrets } from "../../src/core/ratchet-secrets.ts";
import { decrypt, encrypt, expectedName } from "../../src/core.ts";
import { createKindRegistry, kinds } from "../../src/index.ts";
import { acquainted, liveOf } from "../support/forge.ts";
import { establish } from "../support/pair.ts";
import { isBrowser } from "../support/runs.ts";
import { tryOut } from "../support/trial.ts";
import { day, hour, minute, type TestPeer, World } from "../support/world.ts";

describe("what an adversary can do", () => {
  test("M3: what a contact relays is that contact's, never another's", async () => {
    const world = new World(1, { kinds: createKindRegistry([{ number: 16, name: "key", channels: ["session"], isEphemeral: true }]) });
    const [ada, ben, eve] = (await world.meeting(3)) as [TestPeer, TestPeer, TestPeer];
    await acquainted([ada, eve]);
    await acquainted([eve, ben]);
    await ada.session(eve).send({ kind: 16, payload: utf8("ada's key") });
    await ada.flush();
    await eve.poll(ada, true);
    const [key] = await eve.eventsOf("message");
    // Eve says it again to ben, and puts ada's very objects into her own bucket.
    await eve.session(ben).send({ kind: 16, payload: key?.payload as Uint8Array });
    for (const path of ada.objects()) await eve.bucket.writer.write(path, ada.bucket.objects().get(path) as Uint8Array);
    await eve.flush();
    await ben.poll(eve, true);
    await ben.poll(ada, true);
    const messages = await ben.eventsOf("message");
    expect(messages.map(({ contact }) => contact)).toEqual([eve.discovery.identity.id]);
  });

  test("M5: messages that are swapped, repeated, reflected or moved to another session open nothing", async () => {
    const world = new World(2);
    const [ada, ben, eve] = (await world.meeting(3)) as [TestPeer, TestPeer, TestPeer];
    await acquainted([ada, ben]);
    await acquainted([ada, eve]);
    for (const text of ["one", "two", "three"]) await ada.say(ben, text);
    await ada.say(eve, "for eve");
    await ben.say(ada, "from ben");
    const live = await liveOf(ben, ada);
    const expected = toPath(expectedName(cipherSuite, live.ratchet));
    const right = ada.bucket.objects().get(expected) as Uint8Array;
    const others = [...ada.bucket.objects(), ...ben.bucket.objects()].filter(([path]) => path !== expected);
    for (const [, bytes] of others) {
      await ada.bucket.writer.write(expected, bytes);
      world.clock.advance(minute);
      await ben.poll(ada);
    }
    await ada.bucket.writer.write(expected, right);
    for (let i = 0; i < 3; i++) await ben.poll(ada, true);
    // A message in another's place was passed for what it is, or for nothing: each is shown once.
    expect([...(await ben.texts())].sort()).toEqual(["one", "three", "two"]);
  });

  test("M10: there is nothing to negotiate: another label root opens nothing", () => {
    const random = seededRandom(3);
    const { initiator, responder } = establish(random);
    const suite = cipherSuite;
    const seal: typeof suite.seal = (label, key, context, plain, source) =>
      suite.seal(label, key, new Uint8Array([...context, 2]), plain, source);
    const derive: typeof suite.derive = (key, label, context, length) => suite.derive(key, label, new Uint8Array([...context, 2]), length);
    for (const other of [
      { ...suite, seal },
      { ...suite, derive, seal },
    ]) {
      const sent = encrypt(initiator, utf8("version 2"), { crypto: other, random });
      expect(decrypt(responder, sent.name as string, sent.object, { crypto: suite })).toBeUndefined();
    }
    const sent = encrypt(initiator, utf8("version 1"), { crypto: suite, random });
    expect(decrypt(responder, sent.name as string, sent.object, { crypto: suite })).toBeDefined();
  });

  test("M11: no key, and no part of one, is in any path or body of a request", async () => {
    const world = new World(4);
    const [ada, ben] = (await world.meeting(2)) as [TestPeer, TestPeer];
    const secrets = new Map<string, Uint8Array>();
    const collect = async (): Promise<void> => {
      for (const [peer, other] of [
        [ada, ben],
        [ben, ada],
      ] as const) {
        const { agreement, signing, beacon } = peer.discovery.identity;
        const live = (await peer.state(other))?.live;
        const held = [agreement.privateKey, signing.privateKey, beacon.key, ...(live ? ratchetSecrets(live.ratchet) : [])];
        for (const secret of held.map(plain)) secrets.set(secret.join(), secret);
      }
    };
    for (let i = 0; i < 6; i++) {
      world.clock.advance(hour);
      await ada.say(ben, `a ${i}`);
      await collect();
      await ben.poll(ada, true);
      await collect();
      await ben.say(ada, `b ${i}`);
      await collect();
      await ada.poll(ben, true);
      await collect();
    }
    expect(secrets.size).toBeGreaterThan(40);
    const windows = new Set([...secrets.values()].flatMap((secret) => windowsOf(secret, 8)));
    for (const { path, bytes } of world.requests) {
      const told = [path, ...(bytes ? windowsOf(bytes, 8) : [])];
      expect(told.filter((window) => windows.has(window))).toEqual([]);
      for (const secret of secrets.values()) for (const text of texts(secret)) expect(path.includes(text)).toBe(false);
    }
  });

  test("M14: the store cannot cause a delivered", async () => {
    let isLying = false;
    const world = new World(5, { lie: (_request, answer) => (isLying ? distorted(answer) : answer) });
    const [ada, ben] = await acquainted(await world.meeting(2));
    await ada.say(ben, "never read");
    const lies = [ben.bucket.snapshot(), ada.bucket.snapshot()];
    isLying = true;
    for (let i = 0; i < 40; i++) {
      world.clock.advance(hour);
      if (i % 4 === 0) isLying = !isLying;
      // It deletes what ada has stored, and shows her own objects as ben's.
      if (i % 8 === 0) for (const path of ada.objects()) await ada.bucket.writer.remove(path);
      if (i % 8 === 4) for (const [path, bytes] of ada.bucket.objects()) await ben.bucket.writer.write(path, bytes);
      if (i === 20) ben.bucket.restore(lies[0] as never);
      await ada.session(ben).poll({ full: i % 3 === 0 });
      await ada.flush();
    }
    const about = (await ada.events()).filter(({ messageId }) => messageId !== null);
    expect(about.map(({ type }) => type)).toEqual([]);
    expect((await ada.session(ben).status()).unacknowledged).toBeGreaterThanOrEqual(1);
    isLying = false;
    await ben.poll(ada, true);
    await ben.say(ada, "read now");
    await ada.poll(ben, true);
    expect((await ada.eventsOf("delivered")).length).toBeGreaterThanOrEqual(1);
  });

  test("M14: what was said to a state that a restore has lost finishes nothing of the present one", async () => {
    const world = new World(8);
    const [ada, ben] = await acquainted(await world.meeting(2));
    const backup = ada.snapshot();
    for (let i = 0; i < 5; i++) await ada.say(ben, `lost ${i}`);
    for (let i = 0; i < 3; i++) await ben.poll(ada);
    await ben.say(ada, "I have read five messages");
    await ada.restore(backup);
    // Her own store cannot be reached, so that nothing tells her of the restore; that of ben can.
    const session = ada.session(ben);
    const ids = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const { messageId } = await session.send({ kind: kinds.text.number, payload: utf8(`never uploaded ${i}`) });
      ids.add(messageId.join());
    }
    for (let i = 0; i < 3; i++) await session.poll();
    const shown = await ada.events();
    expect(shown.map(({ type }) => type)).toContain("message");
    expect(shown.filter(({ messageId }) => messageId && ids.has(messageId.join()))).toEqual([]);
    await ada.flush();
    for (let i = 0; i < 30; i++) {
      world.clock.advance(hour);
      await ada.poll(ben);
      await ben.poll(ada);
    }
    expect((await ben.texts()).filter((text) => text.startsWith("never")).length).toBe(8);
  });

  test("M16: nothing of a removed contact's session can be read again", async () => {
    const world = new World(6);
    const [ada, ben] = await acquainted(await world.meeting(2));
    await ada.say(ben, "too late");
    const { ratchet } = await liveOf(ben, ada);
    const secrets = ratchetSecrets(ratchet).map(plain);
    await ben.session(ada).remove();
    const records = await ben.store.scan("", { limit: 10_000 });
    for (const { bytes } of records) {
      const held = new Set(windowsOf(bytes, 16));
      for (const secret of secrets) expect(windowsOf(secret, 16).some((window) => held.has(window))).toBe(false);
    }
    expect(secrets.length).toBeGreaterThan(8);
  });

  test("M18: an adversarial store can only deny: outputs are among what was sent", { timeout: 300_000 }, async () => {
    for (const seed of isBrowser ? [11] : [11, 12])
      await tryOut(seed, { delays: 10, loses: 10, replays: 40, steps: isBrowser ? 20 : 30, pauses: [hour, day] });
  });

  test("a store that never answers rightly costs a bounded inbox", async () => {
    let isLying = false;
    const world = new World(7, {
      lie: (_request, answer) => (isLying ? { kind: "found", bytes: new Uint8Array(4096), version: "v" as never } : answer),
    });
    const [ada, ben] = await acquainted(await world.meeting(2));
    isLying = true;
    for (let i = 0; i < 200; i++) {
      world.clock.advance(minute);
      await ada.session(ben).poll();
    }
    const events = await ada.events();
    expect(events.length).toBeGreaterThan(0);
    // One for each name of the rotation, for the slot, and the descriptor's alarms.
    expect(events.filter(({ type }) => type === "undecryptable").length).toBeLessThanOrEqual(40);
    expect(events.length).toBeLessThanOrEqual(90);
    isLying = false;
    await ben.say(ada, "at last");
    for (let i = 0; i < 3; i++) await ada.poll(ben, true);
    expect(await ada.texts()).toEqual(["at last"]);
  });
});

let turn = 0;

/** An answer of a store that alters everything it can. */
function distorted(answer: ReadResult): ReadResult {
  turn++;
  if (answer.kind !== "found") return turn % 2 === 0 ? { kind: "forbidden" } : answer;
  const bytes = answer.bytes.slice();
  bytes[turn % bytes.length] = (bytes[turn % bytes.length] ?? 0) ^ 0x40;
  return { kind: "found", bytes, version: `lie ${turn}` as never };
}

/** Secrets do not show themselves when they are written out: a copy does. */
const plain = (secret: Uint8Array): Uint8Array => Uint8Array.from(secret);

/** Every run of `length` bytes, as text. */
function windowsOf(bytes: Uint8Array, length: number): string[] {
  const windows: string[] = [];
  for (let i = 0; i + length <= bytes.length; i++) windows.push(bytes.subarray(i, i + length).join());
  return windows;
}

/** A secret as it might be written into a path. */
function texts(secret: Uint8Array): string[] {
  const hex = Array.from(secret, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = btoa(String.fromCharCode(...secret))
    .replace(/\+/g, "-")
    .replace(/\//g, "_");
  return [hex.slice(0, 12), base64.slice(0, 12)];
}
