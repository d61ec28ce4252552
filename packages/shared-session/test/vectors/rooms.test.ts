import { cipherSuite, equal } from "@cweb/crypto";
import { nobleSuite } from "@cweb/crypto/noble";
import { describe, expect, test } from "vitest";
import { associatedData, startChains, takeKey } from "../../src/core/chain.ts";
import { type Epoch, readEpoch } from "../../src/core/epoch.ts";
import { openMessage } from "../../src/core/room-object.ts";
import { makeVectors } from "../../vectors/make-vectors.ts";
import vectors from "../../vectors/rooms.json" with { type: "json" };

const unhex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describe("vectors", () => {
  test("the committed vectors of a room", () => {
    expect(makeVectors(nobleSuite)).toEqual(vectors);
    expect(makeVectors(cipherSuite)).toEqual(vectors);
  });

  test("a member that starts from the vector's epoch key opens every message", () => {
    const epoch = readEpoch(cipherSuite, unhex(vectors.epoch)) as Epoch;
    const { chains } = startChains(cipherSuite, epoch, unhex(vectors.epochKey), epoch.members[2]?.id as never);
    for (const { index, n, object, body } of vectors.messages) {
      if (object === undefined) continue;
      const chain = chains[index] as (typeof chains)[number];
      const messageKey = takeKey(cipherSuite, chain, n)?.messageKey as Uint8Array;
      const sender = epoch.members[index]?.id as never;
      const opened = openMessage(cipherSuite, { messageKey, associatedData: associatedData(epoch, sender, n) }, unhex(object));
      expect(opened && equal(opened.signed.body, unhex(body))).toBe(true);
    }
  });
});
