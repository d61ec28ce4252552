// Messages back and forth leave no more behind than a few do. CWEB_LONG=1 takes 20,000 of them.
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalStore } from "@cweb/storage-local";
import { openNodeStore } from "@cweb/storage-local/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { expectCountsAgree } from "../src/invariants.ts";
import { memoryPlace } from "../src/memory-place.ts";
import type { Person } from "../src/person.ts";
import { World } from "../src/world.ts";

const few = 200;
const many = process.env.CWEB_LONG ? 20_000 : 1_000;

interface Footprint {
  readonly objects: number;
  readonly objectBytes: number;
  readonly records: number;
  readonly recordBytes: number;
}

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

/** A generation of prekeys and a descriptor a week, kept for 4 and 32 weeks: they grow with the time that a long talk takes, not with its messages. */
const byTime: readonly string[] = ["discovery/own", "discovery/prekeys"];

async function footprint(person: Person): Promise<Footprint> {
  const objects = await person.bucket.provider.objects();
  const records = (await person.local.scan("", { limit: 100_000 })).filter(({ name }) => !byTime.includes(name));
  return {
    objects: objects.size,
    objectBytes: sum([...objects.values()].map(({ length }) => length)),
    records: records.length,
    recordBytes: sum(records.map(({ bytes }) => bytes.length)),
  };
}

/** Numbers that count upwards may take a few bytes more. */
const slack = 128;

function expectNoLarger(now: Footprint, then: Footprint): void {
  expect(now.objects).toBeLessThanOrEqual(then.objects);
  expect(now.objectBytes).toBeLessThanOrEqual(then.objectBytes);
  expect(now.records).toBeLessThanOrEqual(then.records);
  expect(now.recordBytes).toBeLessThanOrEqual(then.recordBytes + slack);
}

/** Messages to and fro, from the `from`th up to and without the `to`th; the largest bucket on the way. */
async function talk(world: World, [ada, ben]: readonly [Person, Person], from: number, to: number): Promise<number> {
  let most = 0;
  for (let n = from; n < to; n++) {
    const [writer, reader] = n % 2 === 0 ? [ada, ben] : [ben, ada];
    await writer.send(reader, `message ${n}`);
    await world.untilRead(reader, writer);
    // A long talk is not kept in the tester's memory either.
    if (n % 50 === 49) {
      for (const person of [ada, ben]) person.forgetTalk();
      most = Math.max(most, (await ada.bucket.provider.paths()).size);
    }
  }
  return most;
}

async function grow(world: World, people: readonly [Person, Person], onSettled: () => Promise<void>): Promise<void> {
  const before = await talk(world, people, 0, few);
  await world.settle();
  await onSettled();
  const after = await talk(world, people, few, many);
  expect(after, "objects in the bucket at most, under way").toBeLessThanOrEqual(before);
  await world.settle();
  await onSettled();
  expect(people.map((person) => person.told("delivered"))).toEqual([many / 2, many / 2]);
  await expectCountsAgree(world);
}

describe(`${many} messages back and forth`, () => {
  test(`leave bucket and records no larger than ${few} do`, async () => {
    const world = new World(memoryPlace(), 201);
    const people = await world.friends("ada", "ben");
    const found: (readonly [Footprint, Footprint])[] = [];
    await grow(world, people, async () => void found.push([await footprint(people[0]), await footprint(people[1])]));
    const [then, now] = found;
    if (!then || !now) throw new Error("Nothing was measured.");
    expectNoLarger(now[0], then[0]);
    expectNoLarger(now[1], then[1]);
  }, 3_600_000);
});

describe("in a SQLite file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "cweb-growth-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test(`${many} messages leave it no larger than ${few} do`, async () => {
    const file = (name: string): string => join(folder, `${name}.db`);
    const world = new World(memoryPlace(), 202, { openLocal: (name): Promise<LocalStore> => openNodeStore(file(name)) });
    const people = await world.friends("ada", "ben");
    const sizes: number[][] = [];
    await grow(world, people, async () => {
      const now: number[] = [];
      for (const person of people) {
        await person.local.close();
        now.push((await stat(file(person.name))).size);
        person.local = await openNodeStore(file(person.name));
        await person.restart();
      }
      sizes.push(now);
    });
    const [then, now] = sizes;
    for (const [index, size] of (now ?? []).entries()) expect(size).toBeLessThanOrEqual(then?.[index] ?? 0);
    for (const person of people) await person.local.close();
  }, 3_600_000);
});
