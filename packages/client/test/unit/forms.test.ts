import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMessageId, parseMessageId } from "../../src/core/message-id.ts";
import { checkPetname } from "../../src/core/petname.ts";
import { alarmSentence, noticeOf } from "../../src/core/sentences.ts";
import { World } from "../support/world.ts";

describe("forms", () => {
  test("names have one form and cannot deceive", () => {
    expect(checkPetname(" Zoe\u0308 ")).toBe("Zoë");
    const bad = ["", "  ", "me", "a/b", "a\u0000", "a\nb", "\u202eevil", "a\u200bb", "\ud800", "x".repeat(129), "ü".repeat(65)];
    for (const name of bad) expect(() => checkPetname(name)).toThrow(expect.objectContaining({ code: "bad-name", retryable: false }));
    expect(checkPetname("ü".repeat(64))).toHaveLength(64);
  });

  test("message ids have one text and 16 bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (id) => {
        const text = formatMessageId(id);
        expect(text).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
        expect(parseMessageId(text.toUpperCase())).toEqual(new Uint8Array(id));
      }),
      { numRuns: 50, seed: 1 },
    );
    for (const text of ["", "x", "0".repeat(32), `${"0".repeat(8)}-0000-0000-0000-00000000000g`]) {
      expect(() => parseMessageId(text)).toThrow(expect.objectContaining({ code: "bad-message-id" }));
    }
  });

  test("every notice and alarm has a sentence", () => {
    for (const kind of ["gap", "recovered", "undecryptable", "unsupported", "own-state-restored"] as const)
      expect(noticeOf(kind)).toMatch(/\.$/);
    for (const code of ["descriptor-fork", "unreachable", "access-refused", "something new"]) expect(alarmSentence(code)).toMatch(/\.$/);
  });

  test("a damaged record is refused", async () => {
    const [ada] = await new World(11).pair();
    const local = ada.store;
    const [record] = await local.scan("client/contact/", { limit: 1 });
    await local.commit({ expected: new Map(), put: new Map([[record?.name ?? "", Uint8Array.of(0xc1)]]), remove: new Set() });
    await expect(ada.peer.contacts()).rejects.toMatchObject({ name: "PeerError", code: "corrupt-state" });
  });
});
