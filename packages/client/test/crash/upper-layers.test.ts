import { bytesSource, memoryTarget } from "@cweb/file-sharing";
import { crashAt, SimulatedCrash } from "@cweb/storage-local/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { PeerError, type PeerEvent } from "../../src/index.ts";
import { isBrowser, isLong } from "../support/runs.ts";
import { type Home, hour, minute, type Stage, World } from "../support/world.ts";

/** What a person is shown, whatever happens to the processes. */
interface Diary {
  readonly files: Map<string, string>;
  readonly delivered: Set<string>;
  readonly alarms: string[];
}

interface Cast {
  readonly ada: Home;
  readonly ben: Home;
  readonly diaries: readonly [Diary, Diary];
}

const file = Uint8Array.from({ length: 5_000 }, (_, i) => i >> 3);
const newDiary = (): Diary => ({ files: new Map(), delivered: new Set(), alarms: [] });

function write({ files, delivered, alarms }: Diary, events: readonly PeerEvent[]): void {
  for (const event of events) {
    if (event.type === "message" && event.file) files.set(event.id, event.file.reference);
    if (event.type === "delivered") delivered.add(event.id);
    if (event.type === "alarm" || event.type === "undecryptable") alarms.push(event.message);
  }
}

async function listen(home: Home, diary: Diary): Promise<void> {
  for (let i = 0; i < 2; i++) {
    for await (const batch of home.peer.round()) {
      write(diary, batch);
      await home.peer.acknowledge(batch);
    }
  }
}

/** A command that is given again after a kill may find that it was done. */
async function orDone(command: Promise<unknown>, code: string): Promise<void> {
  await command.catch((error: unknown) => {
    if (!(error instanceof PeerError && error.code === code)) throw error;
  });
}

async function removeAll({ peer }: Home): Promise<void> {
  for (const { fileId } of await peer.files.list()) await peer.files.remove(fileId);
}

async function introduce({ peer }: Home): Promise<void> {
  await peer.profile.set({ name: "Ada" });
  await peer.profile.share(["ben"]);
}

const scenes: readonly (readonly [name: string, who: 0 | 1, act: (cast: Cast) => Promise<unknown>])[] = [
  ["a file is shared", 0, ({ ada }) => ada.peer.files.share(bytesSource(file), { name: "a", key: "a", to: ["ben"] })],
  ["its reader hears of it", 1, ({ ben, diaries }) => listen(ben, diaries[1])],
  ["an object is made", 0, ({ ada }) => orDone(ada.peer.objects.create("x", "1"), "object-exists")],
  ["it is shared", 0, ({ ada }) => ada.peer.objects.share("x", ["ben"])],
  ["its reader hears of the key", 1, ({ ben, diaries }) => listen(ben, diaries[1])],
  ["it is changed", 0, ({ ada }) => ada.peer.objects.set("x", "2")],
  ["a profile is made and shared", 0, ({ ada }) => introduce(ada)],
  ["its reader sees both", 1, ({ ben, diaries }) => listen(ben, diaries[1])],
  ["the file is removed", 0, ({ ada }) => removeAll(ada)],
  ["the object is taken back", 0, ({ ada }) => ada.peer.objects.unshare("x", ["ben"])],
  ["the object is deleted", 0, ({ ada }) => orDone(ada.peer.objects.remove("x"), "unknown-object")],
  ["the owner hears what arrived", 0, ({ ada, diaries }) => listen(ada, diaries[0])],
];

/** How things stand at the beginning of each scene, where nobody has died. */
async function allStages(): Promise<readonly Stage[]> {
  const world = new World(1);
  const [ada, ben] = await world.pair();
  const cast: Cast = { ada, ben, diaries: [newDiary(), newDiary()] };
  await ada.peer.send("ben", "hello");
  await listen(ben, cast.diaries[1]);
  const stages: Stage[] = [];
  for (const [, , act] of scenes) {
    world.clock.advance(2 * minute);
    stages.push(world.snapshot());
    await act(cast);
  }
  return stages;
}

/** One scene in which the process dies, the same command again, and the rest of the play. Answers the scene's number of port calls. */
async function play(stage: Stage, scene: number, call: number | null): Promise<number> {
  const world = await World.revived(stage, scene);
  const [ada, ben] = world.homes as [Home, Home];
  const cast: Cast = { ada, ben, diaries: [newDiary(), newDiary()] };
  const [, who, act] = scenes[scene] as (typeof scenes)[number];
  const home = who === 0 ? ada : ben;
  const crash = crashAt(call === null ? null : { call, when: "after" });
  home.crash = crash;
  try {
    await home.restart();
    await act(cast);
  } catch (error) {
    if (!(error instanceof SimulatedCrash)) throw error;
  }
  home.crash = null;
  await home.restart();
  await act(cast);
  if (scene <= 1) await expectFile(cast);
  for (const [, , next] of scenes.slice(scene + 1)) {
    // Beyond the lease of the dead process.
    world.clock.advance(2 * minute);
    await next(cast);
  }
  for (let i = 0; i < 3; i++) {
    world.clock.advance(13 * hour);
    await listen(ada, cast.diaries[0]);
    await listen(ben, cast.diaries[1]);
  }
  await expectEnd(cast, scene);
  return crash.calls;
}

/** While it is shared. */
async function expectFile({ ada, ben, diaries }: Cast): Promise<void> {
  ben.world.clock.advance(2 * minute);
  await listen(ada, diaries[0]);
  await listen(ben, diaries[1]);
  const [reference = ""] = diaries[1].files.values();
  const target = memoryTarget(reference);
  await ben.peer.files.download(reference, { to: target });
  expect(target.finished()).toEqual(file);
}

async function expectEnd({ ada, ben, diaries: [told, seen] }: Cast, scene: number): Promise<void> {
  if (scene <= 1) {
    expect(seen.files.size).toBe(1);
    expect([...told.delivered]).toEqual(expect.arrayContaining([...seen.files.keys()]));
  }
  expect(await ada.peer.files.list()).toEqual([]);
  expect(await ada.peer.objects.list()).toEqual({ own: [], shared: [] });
  const [object] = (await ben.peer.objects.list()).shared;
  expect(["revoked", "deleted"]).toContain(object?.state);
  expect((await ben.peer.profile.of("ada"))?.properties).toEqual({ name: "Ada" });
  expect([...told.alarms, ...seen.alarms]).toEqual([]);
}

describe("a process that dies in the middle of sharing", () => {
  const stride = isLong ? 1 : isBrowser ? 97 : 53;
  let stages: readonly Stage[] = [];
  beforeAll(async () => {
    stages = await allStages();
  }, 60_000);
  for (const [scene, [name]] of scenes.entries()) {
    test(`nothing is lost, doubled or left behind: ${name}`, { timeout: 600_000 }, async () => {
      const stage = stages[scene] as Stage;
      const calls = await play(stage, scene, null);
      expect(calls).toBeGreaterThan(5);
      for (let call = 1 + (scene % stride); call <= calls; call += stride) await play(stage, scene, call);
    });
  }
});
