import { describe, expect, test } from "vitest";
import { createKindRegistry, kinds, type MessageKind, riderKinds, type SessionLayer } from "../../src/index.ts";

const kind = (number: number): MessageKind => ({ number, name: `kind ${number}`, channels: ["session"] });
const layer = (numbers: readonly number[], riders: readonly number[] = []): SessionLayer => ({
  kinds: numbers.map(kind),
  riders,
  receive: () => undefined,
});

describe("the registry of kinds", () => {
  test("knows the kinds of this layer, of the application and of the layers above, and whose they are", () => {
    const [a, b] = [layer([16, 17], [riderKinds.objectHead]), layer([24])];
    const registry = createKindRegistry([kind(900)], [a, b]);
    expect([0, 2, 16, 17, 24, 900, 901].map((number) => registry.get(number)?.number)).toEqual([0, 2, 16, 17, 24, 900, undefined]);
    expect([2, 16, 17, 24, 900].map((number) => registry.layerOf(number))).toEqual([undefined, a, a, b, undefined]);
    expect([1, 2, 3].map((number) => registry.layerOfRider(number))).toEqual([undefined, a, undefined]);
  });

  test("no number is given twice, to a kind or to a rider", () => {
    const twice: readonly (() => unknown)[] = [
      () => createKindRegistry([kind(kinds.text.number)]),
      () => createKindRegistry([kind(900), kind(900)]),
      () => createKindRegistry([kind(16)], [layer([16])]),
      () => createKindRegistry([], [layer([16]), layer([16])]),
      () => createKindRegistry([], [layer([kinds.ack.number])]),
      () => createKindRegistry([], [layer([16], [2]), layer([24], [2])]),
      () => createKindRegistry([], [layer([16], [riderKinds.descSeen])]),
    ];
    for (const make of twice) expect(make).toThrow(expect.objectContaining({ code: "duplicate-kind", retryable: false }));
  });
});
