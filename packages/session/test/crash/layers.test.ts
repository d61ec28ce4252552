import { utf8 } from "@cweb/crypto";
import { type Crash, crashAt, SimulatedCrash } from "@cweb/storage-local/testing";
import { describe, expect, test } from "vitest";
import { noteKinds, noteRegistry, notes } from "../support/note-layer.ts";
import { isBrowser, isLong } from "../support/runs.ts";
import { hour, minute, type TestPeer, World } from "../support/world.ts";

/** A caller that counts what it sends, in the same step. */
const countName = "caller/count";

async function countOf(peer: TestPeer): Promise<number> {
  return Number(new TextDecoder().decode((await peer.store.load([countName])).get(countName)?.bytes ?? utf8("0")));
}

async function tellNext(from: TestPeer, to: TestPeer): Promise<void> {
  const session = from.session(to);
  await from.mailbox.transact({ read: [countName, ...session.reads] }, (tx) => {
    const found = tx.get(countName);
    const n = 1 + Number(new TextDecoder().decode(found ?? utf8("0")));
    tx.put(countName, utf8(String(n)));
    session.enqueue(tx, { kind: noteKinds.note.number, payload: utf8(String(n)), messageId: new Uint8Array(16).fill(n) });
  });
  await session.establish();
  await from.flush();
}

async function listen(peer: TestPeer, other: TestPeer): Promise<void> {
  for (let i = 0; i < 2; i++) await peer.poll(other);
}

const scenes: readonly ((ada: TestPeer, ben: TestPeer) => readonly [TestPeer, () => Promise<void>])[] = [
  (ada, ben) => [ada, () => tellNext(ada, ben)],
  (ada, ben) => [ben, () => listen(ben, ada)],
  (ada, ben) => [ben, () => tellNext(ben, ada)],
  (ada, ben) => [ada, () => listen(ada, ben)],
  (ada, ben) => [ada, () => tellNext(ada, ben)],
  (ada, ben) => [ben, () => listen(ben, ada)],
];

async function dying(peer: TestPeer, act: () => Promise<void>, crash: Crash): Promise<number> {
  peer.crash = crash;
  try {
    await peer.start();
    await act();
  } catch (error) {
    if (!(error instanceof SimulatedCrash)) throw error;
  }
  const { calls } = crash;
  peer.crash = null;
  await peer.start();
  return calls;
}

/** Plays all scenes; in one of them the process dies, and is then told to do the same again. Answers how many port calls that scene has. */
async function play(scene: number, crash: Crash): Promise<number> {
  const world = new World(scene, { kinds: noteRegistry() });
  const [ada, ben] = (await world.meeting(2)) as [TestPeer, TestPeer];
  let calls = 0;
  for (const [i, prepare] of scenes.entries()) {
    world.clock.advance(minute);
    const [who, act] = prepare(ada, ben);
    if (i === scene) calls = await dying(who, act, crash);
    await act();
  }
  for (let i = 0; i < 4; i++) {
    world.clock.advance(13 * hour);
    await listen(ada, ben);
    await listen(ben, ada);
  }
  await expectAgreement(ada, ben);
  await expectAgreement(ben, ada);
  return calls;
}

/** What one side's layer counted, the other side's layer has, each once and in order; and the first one knows. */
async function expectAgreement(from: TestPeer, to: TestPeer): Promise<void> {
  const all = Array.from({ length: await countOf(from) }, (_, i) => i + 1);
  expect(all.length).toBeGreaterThanOrEqual(1);
  const [heard, told] = [await notes(to, from), await notes(from, to)];
  expect(heard.filter((line) => line.startsWith("received"))).toEqual(all.map((n) => `received 500 ${n}`));
  expect(told.filter((line) => line.startsWith("delivered"))).toEqual(all.map((n) => `delivered ${n}`));
}

describe("a process that dies with a layer above", () => {
  const stride = isLong ? 1 : isBrowser ? 29 : 7;
  for (const scene of scenes.keys()) {
    test(`a layer's records and the ratchet never disagree: scene ${scene + 1}`, { timeout: 600_000 }, async () => {
      const calls = await play(scene, crashAt(null));
      expect(calls).toBeGreaterThan(5);
      for (let call = 1 + (scene % stride); call <= calls; call += stride) await play(scene, crashAt({ call, when: "after" }));
    });
  }
});
