import { expect, test } from "vitest";
import { memberOf } from "../../src/core/epoch.ts";
import { isBrowser, isLong } from "../support/runs.ts";
import { type Happening, search } from "../support/search.ts";
import { SimWorld } from "../support/sim-world.ts";
import { stubSuite } from "../support/stub-suite.ts";

/** Home `i` hears what was sent to it, and makes a round. */
const sync = (i: number): Happening => [
  `sync${i}`,
  (world) => {
    for (const { index } of world.homes) while (world.hear(index, i));
    world.round(i);
    return world.has(i);
  },
];
const send = (i: number): Happening => [`send${i}`, (world) => world.counts.sent < 1000 && world.send(i, `from ${i}`)];
/** Late: what was written or decided long ago reaches the store, or the other's session, only now. */
const upload = (i: number): Happening => [`up${i}`, (world) => world.upload(i, 100)];
const remove = (i: number): Happening => [`remove${i}`, (world) => world.remove(0, i)];
/** The removed member goes on writing into the epoch that it knows. */
const removeEvil = (i: number): Happening => [
  `outlaw${i}`,
  (world) => {
    if (!world.remove(0, i)) return false;
    world.home(i).isEvil = true;
    return true;
  },
];
const add = (i: number): Happening => [
  `add${i}`,
  (world) => {
    const isListed = world.look(0, ({ current }) => current !== undefined && memberOf(current, world.home(i).id) !== undefined);
    if (isListed || !world.has(i) || world.look(i, ({ head }) => head.wish === "join")) return false;
    world.join(i);
    return true;
  },
];

/** Homes 0 (admin), 1, 2 are in the room; 3 is invited. */
function threeMembers(): SimWorld {
  const world = new SimWorld(1, stubSuite(), 4);
  world.found(3);
  world.invite(0, 3);
  world.drain();
  return world;
}

/** How many steps beyond the usual. */
const more = isLong ? 2 : isBrowser ? -1 : 0;

test.each([
  ["a removal and messages of all", 3, [send(0), send(1), send(2), upload(0), upload(1), upload(2), sync(0), sync(1), sync(2), remove(2)]],
  ["a removed member that writes on", 3, [send(1), send(2), upload(0), upload(1), upload(2), sync(0), sync(1), removeEvil(2)]],
  ["a member that is added", 3, [send(1), upload(0), upload(1), upload(3), sync(0), sync(1), sync(3), add(3), send(3)]],
  [
    "one is added while another is removed",
    3,
    [send(1), send(2), upload(0), upload(2), upload(3), sync(0), sync(1), sync(3), add(3), remove(2)],
  ],
] as const)(
  "every order of steps ends well: %s",
  (_, depth, happenings) => {
    const result = search(threeMembers(), happenings, depth + more);
    expect(result.violations).toEqual({});
    expect(result.ends).toBeGreaterThan(isBrowser ? 10 : 40);
  },
  240_000,
);
