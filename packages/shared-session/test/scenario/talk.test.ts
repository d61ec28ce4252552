import { cipherSuite } from "@cweb/crypto";
import { describe, expect, test } from "vitest";
import { minute, SimWorld } from "../support/sim-world.ts";
import { stubSuite } from "../support/stub-suite.ts";

const texts = (world: SimWorld, index: number): readonly string[] =>
  world
    .view(index)
    .filter(({ kind }) => kind === 2)
    .map(({ payload }) => new TextDecoder().decode(payload));

describe.each([
  ["stub", stubSuite()],
  ["real", cipherSuite],
])("a room of three with %s cryptography", (_, crypto) => {
  test("what one writes, all read; a removed member reads nothing new", () => {
    const world = new SimWorld(1, crypto, 3);
    world.found(3);
    expect([0, 1, 2].map((i) => world.isMember(i))).toEqual([true, true, true]);
    expect(world.send(1, "hello")).toBe(true);
    world.settle(4, minute);
    expect([0, 1, 2].map((i) => texts(world, i))).toEqual([["hello"], ["hello"], ["hello"]]);
    expect(world.send(0, "one") && world.send(2, "two")).toBe(true);
    world.settle(4, minute);
    expect(texts(world, 0)).toEqual(texts(world, 1));
    expect(texts(world, 0)).toHaveLength(3);
    expect(world.remove(0, 2)).toBe(true);
    world.settle(3, minute);
    expect(world.isMember(2)).toBe(false);
    expect(world.send(1, "without two")).toBe(true);
    world.settle(5, minute);
    expect(texts(world, 0)).toContain("without two");
    expect(texts(world, 2)).not.toContain("without two");
  });
});
