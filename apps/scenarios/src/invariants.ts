import type { RequestOp } from "@cweb/storage-remote";
import { expect } from "vitest";
import type { World } from "./world.ts";

export interface Expectations {
  /** False where the store withheld objects: what is recovered comes after what came in its place. */
  readonly inOrder?: boolean;
}

const ops: readonly RequestOp[] = ["get", "put", "delete", "list"];
/** Descriptor, beacon, and the 8 slots of a bucket with 3 slot bits. */
const constantObjects = 10;

/** What holds at the end of every story. */
export async function expectInvariants(world: World, { inOrder = true }: Expectations = {}): Promise<void> {
  expectTexts(world, inOrder);
  await world.settle();
  expectTexts(world, inOrder);
  await expectConstantBuckets(world);
  await expectCountsAgree(world);
}

/** Every text exactly once and in its writer's order. */
function expectTexts({ people }: World, inOrder: boolean): void {
  for (const reader of people) {
    expect(reader.repeated, `what ${reader.name} was shown twice`).toEqual([]);
    for (const writer of people) {
      const [read, sent] = [reader.readFrom(writer), writer.sent.get(reader.name) ?? []];
      const about = `what ${reader.name} has read of ${writer.name}`;
      if (inOrder) expect(read, about).toEqual(sent);
      else expect([...read].sort(), about).toEqual([...sent].sort());
    }
  }
}

/** A bucket holds what it held on its first day, and for each contact at most one acknowledgement that waits for a next message. */
async function expectConstantBuckets({ people, place }: World): Promise<void> {
  for (const person of people) {
    const { name, bucket, constant, peer } = person;
    const paths = await bucket.provider.paths();
    const { outbox, contacts } = await peer.status();
    expect(outbox, `${name}'s outbox`).toEqual({ queued: 0, unacknowledged: 0 });
    expect(constant.size, `${name}'s constant objects`).toBe(constantObjects);
    const gone = [...constant].filter((path) => !paths.has(path));
    expect(gone, `${name}'s missing objects on ${place.name}`).toEqual([]);
    expect((await person.furtherPaths()).length, `${name}'s further objects`).toBeLessThanOrEqual(contacts.length);
  }
}

/** The peers' own meters and the provider's count say the same, and no peer ever lists. */
export async function expectCountsAgree({ people, place, strangers }: World): Promise<void> {
  const buckets = new Set(people.map(({ bucket }) => bucket.name));
  const seen = (await place.requests()).filter(({ bucket }) => buckets.has(bucket));
  const meters = [strangers, ...people.map(({ meter }) => meter)].map((meter) => meter.counts());
  const counted = ops.map((op) => [op, meters.reduce((sum, counts) => sum + counts[op].requests, 0)]);
  const provider = ops.map((op) => [op, seen.filter((request) => request.op === op).length]);
  expect(Object.fromEntries(provider), "requests by the provider's count and by the peers'").toEqual(Object.fromEntries(counted));
  for (const { name, meter } of people) expect(meter.counts().list.requests, `${name} lists`).toBe(0);
  expect(seen.filter(({ op }) => op === "other")).toEqual([]);
}
