import { expect, test } from "vitest";
import { type Line, type Person, s3Pair } from "../support/cli.ts";

/** The same delays in each run: 80 to 700 ms, from before the home is open to after all is done. */
function delays(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return 80 + (state % 620);
  };
}

/** Twice killed, then left alone. */
async function atLast(who: Person, delay: () => number, args: readonly string[]): Promise<unknown> {
  for (const killAfter of [delay(), delay()]) await who.run(args, { killAfter });
  const { code, errors } = await who.run(args);
  return code === 0 ? 0 : errors[0]?.code;
}

test("object commands killed at any moment are finished by running them again, and readers see one history", async () => {
  const { store, ada, ben } = await s3Pair();
  const delay = delays(11);
  const told: Line[] = [];
  expect([0, "object-exists"]).toContain(await atLast(ada, delay, ["object", "create", "notes", "value 0"]));
  expect(await atLast(ada, delay, ["object", "share", "notes", "ben"])).toBe(0);
  const values = [1, 2, 3].map((n) => `value ${n}`);
  for (const value of values) {
    expect(await atLast(ada, delay, ["object", "set", "notes", value])).toBe(0);
    told.push(...(await ben.run(["receive"], { killAfter: delay() })).lines);
  }
  for (let n = 0; n < 3; n++) told.push(...(await ben.ok(["receive"])));
  const objects = told.filter(({ type }) => type === "object");
  expect(objects.at(-1)).toMatchObject({ value: values.at(-1), state: "current" });
  const versions = objects.map(({ version }) => Number(version));
  expect(versions).toEqual([...versions].sort((a, b) => a - b));
  for (const { value } of objects) expect(["value 0", ...values]).toContain(value);
  expect(told.filter(({ type }) => type === "alarm")).toEqual([]);

  expect(await atLast(ada, delay, ["object", "unshare", "notes", "ben"])).toBe(0);
  expect(await atLast(ada, delay, ["object", "set", "notes", "secret"])).toBe(0);
  expect((await ben.ok(["object", "get", "ada/notes"]))[0]).toMatchObject({ value: values.at(-1), state: "revoked" });
  expect(["unknown-object", 0]).toContain(await atLast(ada, delay, ["object", "delete", "notes"]));
  expect(await ada.ok(["object", "list"])).toEqual([]);
  expect(store.log.filter(({ query }) => query.includes("list-type"))).toEqual([]);
}, 300_000);

test("profile commands likewise: a contact sees the one that was shared last, whole", async () => {
  const { ada, ben } = await s3Pair();
  const delay = delays(5);
  expect(await atLast(ada, delay, ["profile", "set", "--profile", "friends", "name=Ada"])).toBe(0);
  expect(await atLast(ada, delay, ["profile", "set", "--profile", "work", "name=Dr. Lovelace", "status=busy"])).toBe(0);
  for (const profile of ["friends", "work"]) {
    expect(await atLast(ada, delay, ["profile", "share", "ben", "--profile", profile])).toBe(0);
    await ben.run(["receive"], { killAfter: delay() });
  }
  await ben.ok(["receive"]);
  const shown = (await ben.ok(["profile", "show", "ada"]))[0];
  expect(shown).toMatchObject({ properties: { name: "Dr. Lovelace", status: "busy" }, state: "current" });
  const seenBy = async (profile: string): Promise<unknown> => (await ada.ok(["profile", "show", "--profile", profile]))[0]?.subscribers;
  expect([await seenBy("friends"), await seenBy("work")]).toEqual([[], ["ben"]]);
}, 300_000);
