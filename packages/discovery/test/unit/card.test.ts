import { seededRandom } from "@cweb/crypto/testing";
import { bytes, bytesUpTo, codec, struct, u64, uint, value } from "@cweb/serialization";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiscoveryError, encodeId, parseCard } from "../../src/index.ts";
import { encodeCard } from "../../src/wire/card.ts";

const idBytes = seededRandom(3).bytes(32);
const badCard = expect.objectContaining({ code: "bad-card" });

/** A card with any fields, with a right checksum. */
function craft(fields: Parameters<(typeof raw)["encode"]>[0]): string {
  const body = raw.encode(fields);
  const plain = encodeCard({ idBytes, profile: new Uint8Array(), minSeq: 0 });
  let rest = 0xffff_ffff;
  for (const byte of body) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb8_8320 : rest >>> 1;
  }
  const sum = (rest ^ 0xffff_ffff) >>> 0;
  const whole = [...body, sum >>> 24, (sum >>> 16) & 255, (sum >>> 8) & 255, sum & 255];
  expect(plain.startsWith("cweb:")).toBe(true);
  return `cweb:${btoa(String.fromCharCode(...whole))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")}`;
}
const raw = codec(struct({ version: uint(), id: bytesUpTo(64), profile: bytesUpTo(4096), minSeq: u64, more: value }), { maxBytes: 8192 });

describe("contact cards", () => {
  test("are one line of text that gives everything back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1024 }), fc.maxSafeNat(), (profile, minSeq) => {
        const text = encodeCard({ idBytes, profile, minSeq });
        expect(text).toMatch(/^cweb:[A-Za-z0-9_-]+$/);
        expect(parseCard(`  ${text}\n`)).toEqual({ id: encodeId(idBytes), idBytes, profile, minSeq });
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test("a card cut short, lengthened or with a wrong character is refused", () => {
    const text = encodeCard({ idBytes, profile: seededRandom(4).bytes(40), minSeq: 5 });
    for (let length = 0; length < text.length; length++) expect(() => parseCard(text.slice(0, length))).toThrow(badCard);
    for (let i = 5; i < text.length; i++) {
      const wrong = text[i] === "A" ? "B" : "A";
      expect(() => parseCard(text.slice(0, i) + wrong + text.slice(i + 1))).toThrow(badCard);
    }
    for (const other of [`${text}A`, `${text}=`, text.replace("cweb:", "CWEB:"), `${text} ${text}`]) {
      expect(() => parseCard(other)).toThrow(badCard);
    }
  });

  test("further fields at the end are accepted and ignored", () => {
    const card = parseCard(craft({ version: 1, id: idBytes, profile: new Uint8Array([1]), minSeq: 9, more: ["later", 1] }));
    expect(card).toEqual({ id: encodeId(idBytes), idBytes, profile: new Uint8Array([1]), minSeq: 9 });
  });

  test("M10: another version is refused", () => {
    expect(() => parseCard(craft({ version: 2, id: idBytes, profile: new Uint8Array(), minSeq: 0, more: null }))).toThrow(badCard);
  });

  test("an id of another length or a profile above 1 KiB is refused", () => {
    const fields = { version: 1, id: idBytes, profile: new Uint8Array(), minSeq: 0, more: null };
    expect(() => parseCard(craft({ ...fields, id: new Uint8Array(31) }))).toThrow(badCard);
    expect(() => parseCard(craft({ ...fields, profile: new Uint8Array(1025) }))).toThrow(badCard);
  });

  test("any text gives a card or this package's error", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String().map((text) => `cweb:${text}`),
        ),
        (text) => {
          try {
            parseCard(text);
          } catch (error) {
            expect(error).toBeInstanceOf(DiscoveryError);
          }
        },
      ),
      { seed: 2, numRuns: 500 },
    );
    expect(() => parseCard(`cweb:${"A".repeat(1_000_000)}`)).toThrow(badCard);
  });

  test("M17: the bytes of another type are no card", () => {
    const other = codec(struct({ seq: u64, hash: bytes(32) }), { maxBytes: 64 }).encode({ seq: 1, hash: idBytes });
    const text = `cweb:${btoa(String.fromCharCode(...other)).replaceAll("=", "")}`;
    expect(() => parseCard(text)).toThrow(badCard);
  });
});
