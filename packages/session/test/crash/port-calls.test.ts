import { utf8 } from "@cweb/crypto";
import { type Crash, crashAt, SimulatedCrash } from "@cweb/storage-local/testing";
import { describe, expect, test } from "vitest";
import { kinds, type SessionEvent, sessionEventCodec } from "../../src/index.ts";
import { liveOf } from "../support/forge.ts";
import { isBrowser, isLong } from "../support/runs.ts";
import { hour, minute, type TestPeer, World } from "../support/world.ts";

/** An application that keeps in mind what it was shown, as durably as it acknowledges. */
class App {
  readonly shown: string[] = [];
  readonly delivered: string[] = [];
  #inboxSeq = 0;

  async read(peer: TestPeer): Promise<void> {
    const entries = await peer.mailbox.takeInbox({ limit: 100 });
    for (const { seq, kind, body } of entries) {
      if (seq <= this.#inboxSeq || body.length === 0) continue;
      this.#inboxSeq = seq;
      const event: SessionEvent = sessionEventCodec.decode(body);
      if (kind === "message") this.shown.push(new TextDecoder().decode(event.payload));
      if (kind === "delivered") this.delivered.push(String(event.messageId?.[0]));
    }
    await peer.mailbox.acknowledge(entries.map(({ seq }) => seq));
  }
}

interface Play {
  readonly world: World;
  readonly peers: readonly [TestPeer, TestPeer];
  readonly apps: readonly [App, App];
}

const idOf = (n: number): Uint8Array => new Uint8Array(16).fill(n);

/** Both sides of a short conversation: an initial message, more behind it, answers, and what ends both. */
const scenes: readonly ((play: Play) => readonly [0 | 1, () => Promise<unknown>])[] = [
  ({ peers: [ada, ben] }) => [0, () => speak(ada, ben, 1)],
  ({ peers: [ada, ben] }) => [0, () => speak(ada, ben, 2)],
  ({ peers: [ada, ben], apps }) => [1, () => listen(ben, ada, apps[1])],
  ({ peers: [ada, ben] }) => [1, () => speak(ben, ada, 3)],
  ({ peers: [ada, ben], apps }) => [0, () => listen(ada, ben, apps[0])],
  ({ peers: [ada, ben] }) => [0, () => speak(ada, ben, 4)],
  ({ peers: [ada, ben], apps }) => [1, () => listen(ben, ada, apps[1])],
];

async function speak(from: TestPeer, to: TestPeer, n: number): Promise<void> {
  await from.session(to).send({ kind: kinds.text.number, payload: utf8(String(n)), messageId: idOf(n) });
  await from.flush();
}

async function listen(peer: TestPeer, other: TestPeer, app: App): Promise<void> {
  for (let i = 0; i < 2; i++) await peer.poll(other);
  await app.read(peer);
}

/** Plays all scenes; in one of them the process dies by `crash`, and a new one does it all again. Answers how many port calls that scene has. */
async function play(seed: number, scene: number, crash: Crash): Promise<number> {
  const world = new World(seed);
  const peers = (await world.meeting(2)) as [TestPeer, TestPeer];
  const all: Play = { world, peers, apps: [new App(), new App()] };
  let calls = 0;
  for (const [i, prepare] of scenes.entries()) {
    world.clock.advance(minute);
    const [who, act] = prepare(all);
    if (i === scene) calls = await dying(peers[who], act, crash);
    await act();
  }
  await end(all);
  return calls;
}

async function dying(peer: TestPeer, act: () => Promise<unknown>, crash: Crash): Promise<number> {
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

async function end({ world, peers: [ada, ben], apps }: Play): Promise<void> {
  // Long enough for the lease of a dead process to end and for acknowledgements that nothing else carries.
  for (let i = 0; i < 4; i++) {
    world.clock.advance(13 * hour);
    await listen(ada, ben, apps[0]);
    await listen(ben, ada, apps[1]);
  }
  expect(apps[1].shown).toEqual(["1", "2", "4"]);
  expect(apps[0].shown).toEqual(["3"]);
  expect(apps[0].delivered).toEqual(["1", "2", "4"]);
  expect(apps[1].delivered).toEqual(["3"]);
  expect((await liveOf(ada, ben)).ratchet.sessionId).toEqual((await liveOf(ben, ada)).ratchet.sessionId);
  expectOneContent(world, [ada, ben]);
}

/** No name was ever given two contents, deleted or not. */
function expectOneContent(world: World, peers: readonly TestPeer[]): void {
  const mutable = new Set(peers.flatMap((peer) => peer.mutablePaths()));
  const contents = new Map<string, string>();
  for (const { op, path, bytes } of world.requests) {
    if (op !== "put" || mutable.has(path)) continue;
    const content = String(bytes);
    expect(contents.get(path) ?? content).toBe(content);
    contents.set(path, content);
  }
}

describe("a process that dies", () => {
  // Dying before a call is dying after the one before it. Browsers and short runs look at some of the calls of each scene.
  const stride = isLong ? 1 : isBrowser ? 23 : 5;
  for (const scene of scenes.keys()) {
    test(`M13: one message key, one ciphertext, whatever crashes: scene ${scene + 1}`, { timeout: 600_000 }, async () => {
      const calls = await play(scene, scene, crashAt(null));
      expect(calls).toBeGreaterThan(5);
      for (let call = 1 + (scene % stride); call <= calls; call += stride) await play(scene, scene, crashAt({ call, when: "after" }));
    });
  }
});
