import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { folderProfile, type Line, Person, s3Pair, scratch, sharedPair } from "../support/cli.ts";

/** The same delays in each run: 80 to 600 ms, from before the home is open to after all is done. */
function delays(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return 80 + (state % 520);
  };
}

const firstIds = (lines: readonly Line[]): readonly unknown[] => [
  ...new Set(lines.filter(({ type }) => type === "message").map(({ id }) => id)),
];

test("processes killed at any moment lose nothing, send nothing twice, keep the order", async () => {
  const { ada, ben } = await s3Pair();
  const delay = delays(7);
  const ids = Array.from({ length: 6 }, () => randomUUID());
  const seen: Line[] = [];
  for (const [n, id] of ids.entries()) {
    // Two kills, then a try that is left alone.
    for (const killAfter of [delay(), delay()]) await ada.run(["send", "ben", `text ${n}`, "--id", id], { killAfter });
    await ada.ok(["send", "ben", `text ${n}`, "--id", id]);
    seen.push(...(await ben.run(["receive"], { killAfter: delay() })).lines);
    if (n === 3) await ben.ok(["send", "ada", "in between"]);
  }
  // Where all of Ben's processes were killed before they had Ada's first message, both have begun a session: she learns of his by asking.
  for (let i = 0; i < 10 && firstIds(seen).length < ids.length; i++) {
    seen.push(...(await ben.ok(["receive"])));
    await ada.ok(["receive"]);
  }
  expect(firstIds(seen)).toEqual(ids);
  // A line that may have been printed before says so.
  const printed = new Set<unknown>();
  for (const { type, id, redelivered } of seen) {
    if (type !== "message") continue;
    if (printed.has(id)) expect(redelivered).toBe(true);
    printed.add(id);
  }
  expect(await ben.messages(1)).toEqual([]);
}, 120_000);

test("an init that is killed can be made again, or is complete", async () => {
  const folder = scratch();
  const delay = delays(3);
  for (let i = 0; i < 4; i++) {
    const one = new Person(folder, `home-${i}`);
    const profile = folderProfile(folder, `home-${i}`);
    await one.run(["init", "--storage", profile], { killAfter: delay() });
    const again = await one.run(["init", "--storage", profile]);
    expect([again.code, again.errors[0]?.code]).toEqual(again.code === 0 ? [0, undefined] : [1, "already-initialized"]);
    expect(await one.card()).toMatch(/^cweb:/);
    expect((await one.run(["flush"])).code).toBe(0);
  }
}, 120_000);

const { ada, ben } = sharedPair();

test("several processes at once on one home send each message once, and show each at least once", async () => {
  const ids = Array.from({ length: 6 }, () => randomUUID());
  const sent = await Promise.all(ids.map((id, n) => ada.run(["send", "ben", `text ${n}`, "--id", id])));
  expect(sent.map(({ code }) => code)).toEqual(ids.map(() => 0));
  const rounds = await Promise.all([1, 2, 3].map(() => ben.run(["receive", "--full"])));
  const lines = rounds.flatMap((round) => round.lines).concat(await ben.messages(1));
  expect(rounds.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect([...firstIds(lines)].sort()).toEqual([...ids].sort());
  const fresh = lines.filter(({ type, redelivered }) => type === "message" && !redelivered);
  expect(fresh.length).toBe(ids.length);
}, 60_000);
