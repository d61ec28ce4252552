import { nobleSuite } from "@cweb/crypto/noble";
import { describe, expect, test } from "vitest";
import { verifyDescriptor } from "../../src/core/verify-descriptor.ts";
import { decodeId, parseCard } from "../../src/index.ts";
import committed from "../../vectors/discovery.json" with { type: "json" };
import { hex, makeVectors } from "../../vectors/make-vectors.ts";
import { crypto } from "../support/home.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

describe("the committed vectors", () => {
  test.each([
    ["noble", nobleSuite],
    ["this platform's provider", crypto],
  ])("are what %s computes", (_, suite) => {
    expect(JSON.parse(JSON.stringify(makeVectors(suite)))).toEqual(committed);
  });

  test("are read back", () => {
    for (const id of committed.ids) expect(hex(decodeId(id.text) ?? new Uint8Array())).toBe(id.bytes);
    for (const card of committed.cards) {
      const parsed = parseCard(card.text);
      expect({ id: hex(parsed.idBytes), profile: hex(parsed.profile), minSeq: parsed.minSeq }).toEqual({
        id: card.id,
        profile: card.profile,
        minSeq: card.minSeq,
      });
    }
    const verified = verifyDescriptor(crypto, bytes(committed.identity.id), bytes(committed.descriptor.object));
    expect(verified.kind === "valid" && hex(verified.descriptor.hash)).toBe(committed.descriptor.bodyHash);
  });
});
