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
  for (const { name, bucket, constant, peer } of people) {
    const objects = await bucket.provider.objects();
    const more = [...objects.keys()].filter((path) => !constant.has(path));
    const { outbox, contacts } = await peer.status();
    expect(outbox, `${name}'s outbox`).toEqual({ queued: 0, unacknowledged: 0 });
    expect(constant.size, `${name}'s constant objects`).toBe(constantObjects);
    expect([...constant].filter((path) => !objects.has(path)), `${name}'s missing objects on ${place.name}`).toEqual([]);
    expect(more.length, `${name}'s further objects`).toBeLessThanOrEqual(contacts.length);
  }
}

/** The peers' own meters and the provider's count say the same, and nobody ever lists. */
export async function expectCountsAgree({ people, place }: World): Promise<void> {
  const buckets = new Set(people.map(({ bucket }) => bucket.name));
  const seen = (await place.requests()).filter(({ bucket }) => buckets.has(bucket));
  const provider = Object.fromEntries(ops.map((op) => [op, seen.filter((request) => request.op === op).length]));
  const meters = Object.fromEntries(ops.map((op) => [op, people.reduce((sum, { meter }) => sum + meter.counts()[op].requests, 0)]));
  expect(provider, "requests by the provider's count and by the peers'").toEqual(meters);
  expect(provider.list).toBe(0);
  expect(seen.filter(({ op }) => op === "other")).toEqual([]);
}
