import { utf8 } from "@cweb/crypto";
import { kinds } from "@cweb/session";
import { type Crash, crashAt, SimulatedCrash } from "@cweb/storage-local/testing";
import { describe, expect, test } from "vitest";
import { type GroupId, roomEventCodec } from "../../src/index.ts";
import { isBrowser, isLong } from "../support/runs.ts";
import { hour, minute, type ShellHome, ShellWorld } from "../support/shell-world.ts";

/** An application that keeps in mind what it was shown, as durably as it acknowledges. */
class App {
  readonly shown: string[] = [];
  #inboxSeq = 0;

  async read(home: ShellHome): Promise<void> {
    const entries = await home.mailbox.takeInbox({ limit: 1000 });
    for (const { seq, kind, body } of entries) {
      if (seq <= this.#inboxSeq) continue;
      this.#inboxSeq = seq;
      if (kind === "room-message") this.shown.push(new TextDecoder().decode(roomEventCodec.decode(body).payload));
    }
    await home.mailbox.acknowledge(entries.map(({ seq }) => seq));
  }
}

interface Play {
  readonly world: ShellWorld;
  readonly homes: readonly [ShellHome, ShellHome, ShellHome];
  readonly apps: readonly App[];
}

const roomOf = async (home: ShellHome): Promise<GroupId> => (await home.rooms.list())[0] as GroupId;

async function speak(home: ShellHome, n: number): Promise<void> {
  const messageId = new Uint8Array(16).fill(n);
  await home.rooms.send(await roomOf(home), { kind: kinds.text.number, payload: utf8(String(n)), messageId });
  await home.flush();
}

async function begin(home: ShellHome, others: readonly ShellHome[]): Promise<void> {
  const [known] = await home.rooms.list();
  const id = known ?? (await home.rooms.create({ name: "garden" })).id;
  await home.rooms.add(
    id,
    others.map((other) => other.id),
  );
  await home.flush();
}

async function comeIn(home: ShellHome): Promise<void> {
  await home.round();
  await home.rooms.join(await roomOf(home));
  await home.round();
}

/** Without an announcement, which a crash may lose, probes find a message in their turn. */
async function readAll(home: ShellHome): Promise<void> {
  for (let i = 0; i < 8; i++) await home.round();
}

async function dismiss(home: ShellHome, member: ShellHome): Promise<void> {
  await home.rooms.remove(await roomOf(home), [member.id]);
  await home.flush();
}

/** The life of a room: each scene is one home's doing, and may be done again. */
const scenes: readonly ((play: Play) => readonly [0 | 1 | 2, () => Promise<unknown>])[] = [
  ({ homes: [anna, ben, cleo] }) => [0, () => begin(anna, [ben, cleo])],
  ({ homes: [, ben] }) => [1, () => comeIn(ben)],
  ({ homes: [, , cleo] }) => [2, () => comeIn(cleo)],
  ({ homes: [anna] }) => [0, () => anna.round()],
  // The lease of a process that died is over by now: what it had not uploaded goes.
  ({ homes: [anna] }) => [0, () => anna.flush()],
  ({ homes: [, ben] }) => [1, () => ben.round()],
  ({ homes: [, , cleo] }) => [2, () => cleo.round()],
  ({ homes: [, ben] }) => [1, () => speak(ben, 1)],
  ({ homes: [anna] }) => [0, () => anna.round()],
  ({ homes: [, , cleo] }) => [2, () => cleo.round()],
  ({ homes: [, , cleo] }) => [2, () => speak(cleo, 2)],
  ({ homes: [, , cleo] }) => [2, () => cleo.flush()],
  ({ homes: [anna] }) => [0, () => readAll(anna)],
  ({ homes: [anna, , cleo] }) => [0, () => dismiss(anna, cleo)],
  ({ homes: [, ben] }) => [1, () => ben.round()],
  ({ homes: [anna] }) => [0, () => speak(anna, 3)],
];

/** Plays all scenes; in one of them the process dies by `crash`, and a new one does it again. Answers how many port calls that scene has. */
async function play(seed: number, scene: number, crash: Crash): Promise<number> {
  const world = new ShellWorld(seed);
  const homes = [await world.home(), await world.home(), await world.home()] as const;
  const all: Play = { world, homes, apps: homes.map(() => new App()) };
  let calls = 0;
  for (const [i, prepare] of scenes.entries()) {
    world.clock.advance(2 * minute);
    const [who, act] = prepare(all);
    if (i === scene) calls = await dying(homes[who], act, crash);
    await act();
    await all.apps[who]?.read(homes[who]);
  }
  await end(all);
  return calls;
}

async function dying(home: ShellHome, act: () => Promise<unknown>, crash: Crash): Promise<number> {
  home.crash = crash;
  try {
    await home.start();
    await act();
  } catch (error) {
    if (!(error instanceof SimulatedCrash)) throw error;
  }
  const { calls } = crash;
  home.crash = null;
  await home.start();
  return calls;
}

async function end({ world, homes, apps }: Play): Promise<void> {
  for (let i = 0; i < 6; i++) {
    await world.rounds(1, i === 2 ? hour : 2 * minute);
    for (const [who, home] of homes.entries()) await apps[who]?.read(home);
  }
  const [anna, ben] = homes;
  expect(apps.map(({ shown }) => shown.toSorted())).toEqual([["1", "2"], ["2", "3"], ["1"]]);
  expect(await anna.texts(await roomOf(anna))).toEqual(await ben.texts(await roomOf(ben)));
  const statuses = [await anna.rooms.status(await roomOf(anna)), await ben.rooms.status(await roomOf(ben))];
  expect(statuses.map(({ epoch, missing, canSend }) => ({ epoch, missing, canSend }))).toEqual(
    statuses.map(() => ({ epoch: statuses[0]?.epoch, missing: [], canSend: true })),
  );
  for (const home of homes) expect((await home.immutable()).every(({ size }) => size === 1)).toBe(true);
}

describe("a process that dies", () => {
  // Dying before a call is dying after the one before it. Browsers and short runs look at some of the calls of each scene.
  const stride = isLong ? 1 : isBrowser ? 60 : 13;
  for (const scene of scenes.keys()) {
    test(`nothing is lost, nothing shown twice, no name with two contents: scene ${scene + 1}`, { timeout: 600_000 }, async () => {
      const calls = await play(scene, scene, crashAt(null));
      expect(calls).toBeGreaterThan(5);
      for (let call = 1 + (scene % stride); call <= calls; call += stride) await play(scene, scene, crashAt({ call, when: "after" }));
    });
  }
});
