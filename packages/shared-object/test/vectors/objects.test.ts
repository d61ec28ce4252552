import { cipherSuite } from "@cweb/crypto";
import { nobleSuite } from "@cweb/crypto/noble";
import { describe, expect, test } from "vitest";
import { objectPath, openObject } from "../../src/core/sealed-object.ts";
import { encodeObjectId } from "../../src/index.ts";
import { endMessage } from "../../src/wire/end-message.ts";
import { headRider } from "../../src/wire/head-rider.ts";
import { keyMessage } from "../../src/wire/key-message.ts";
import { hex, makeVectors } from "../../vectors/make-vectors.ts";
import committed from "../../vectors/objects.json" with { type: "json" };

const bytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

describe("the committed vectors", () => {
  test.each([
    ["noble", nobleSuite],
    ["this platform's provider", cipherSuite],
  ])("are what %s computes", (_, suite) => {
    expect(JSON.parse(JSON.stringify(makeVectors(suite)))).toEqual(committed);
  });

  const { owner, objectId, epoch, key, verifyKey } = committed.object;
  const epochKey = { owner: bytes(owner), objectId: encodeObjectId(bytes(objectId)), epoch, key: bytes(key) };

  test("are read back", () => {
    expect(objectPath(cipherSuite, epochKey)).toBe(committed.object.path);
    for (const record of committed.records) {
      if (!("object" in record)) continue;
      const opened = openObject(cipherSuite, epochKey, bytes(verifyKey), bytes(record.object as string));
      expect(opened && hex(opened.head), record.name).toBe(record.head);
    }
    const { messages } = committed;
    expect(keyMessage.decode(bytes(messages.key.bytes))).toMatchObject({ epoch, version: messages.key.version });
    expect(keyMessage.decode(bytes(messages.keyBeforeTheFirstRecord.bytes)).version).toBe(0);
    expect(endMessage.decode(bytes(messages.end.bytes)).epoch).toBe(messages.end.epoch);
    expect(headRider.decode(bytes(messages.head.bytes)).version).toBe(messages.head.version);
  });

  test.each(committed.refused)("what is not an object of this epoch and owner is refused: $name", ({ object }) => {
    expect(openObject(cipherSuite, epochKey, bytes(verifyKey), bytes(object))).toBeUndefined();
  });
});
