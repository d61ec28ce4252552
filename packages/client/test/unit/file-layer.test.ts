import { secret } from "@cweb/crypto";
import { type CwebId, encodeId } from "@cweb/discovery";
import { encodeFileReference, type FileReference, toFileId } from "@cweb/file-sharing";
import { sessionEventCodec } from "@cweb/session";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileNames, receivedPrefix } from "../../src/core/file-records.ts";
import { fileKind, fileLayer, keptFiles } from "../../src/file-layer.ts";
import { MapTransaction } from "../support/map-transaction.ts";

const owner = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const idOf = (n: number): CwebId => encodeId(owner(n));
const messageId = (n: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => (i < 4 ? (n >> (8 * i)) & 255 : 0));

function reference(by: number): Uint8Array {
  const wanted: FileReference = {
    owner: owner(by),
    fileId: toFileId("a".repeat(26)),
    rootKey: secret(owner(7)),
    rootHash: owner(8),
    size: 12,
    name: "sea.mov",
    mime: "video/mp4",
  };
  return encodeFileReference(wanted);
}

function receive(tx: MapTransaction, from: number, payload: Uint8Array, n: number = 1): void {
  fileLayer.receive(tx, idOf(from), { number: fileKind.number, messageId: messageId(n), sentAt: 5, payload });
}

const told = (tx: MapTransaction) => tx.events.map(({ kind, body }) => [kind, sessionEventCodec.decode(body).detail]);
const kept = (tx: MapTransaction) => tx.scan(receivedPrefix, { limit: 100_000 }).length;

describe("messages that tell of files", () => {
  test("M3: a reference counts only from the file's owner: what somebody passes on is refused, and not kept", () => {
    const tx = new MapTransaction();
    receive(tx, 2, reference(1));
    expect(told(tx)).toEqual([["undecryptable", "file-owner"]]);
    expect(tx.records.size).toBe(0);
    receive(tx, 1, reference(1));
    expect(told(tx).slice(1)).toEqual([["message", ""]]);
    expect(kept(tx)).toBe(1);
  });

  test("what is no reference of this version is told of and not kept, whatever its bytes", () => {
    const later = reference(1).slice();
    // The version, behind the array's header.
    later[1] = 2;
    const check = (payload: Uint8Array): readonly unknown[] => {
      const tx = new MapTransaction();
      receive(tx, 1, payload);
      expect(tx.records.size).toBe(0);
      return told(tx);
    };
    expect(check(later)).toEqual([["unsupported", "file-reference"]]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_200 }), (payload) => {
        expect(["unsupported", "undecryptable"]).toContain((check(payload)[0] as readonly string[])[0]);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test("the newest 10,000 files can be found by their message; older ones make room", () => {
    const tx = new MapTransaction();
    for (let n = 1; n <= keptFiles + 3; n++) receive(tx, 1, reference(1), n);
    expect(kept(tx)).toBe(keptFiles);
    const found = [1, 3, 4, keptFiles + 3].map((n) => {
      const hex = Array.from(messageId(n), (byte) => byte.toString(16).padStart(2, "0")).join("");
      const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
      return tx.records.has(fileNames.placeOf(uuid));
    });
    expect(found).toEqual([false, false, true, true]);
  });

  test("a contact cannot take the place of another's file by using its message's id", () => {
    const tx = new MapTransaction();
    receive(tx, 1, reference(1));
    receive(tx, 2, reference(2));
    expect(kept(tx)).toBe(1);
    fileLayer.removed?.(tx, idOf(2));
    expect(kept(tx)).toBe(1);
  });

  test("a contact that is removed takes its files with it, and what was noted of own ones", () => {
    const tx = new MapTransaction();
    receive(tx, 1, reference(1), 1);
    receive(tx, 2, reference(2), 2);
    tx.put(fileNames.sent(idOf(1), "file"), new Uint8Array([0x92, 1, 0xc4, 16, ...messageId(9)]));
    fileLayer.removed?.(tx, idOf(1));
    expect(kept(tx)).toBe(1);
    expect([...tx.records.keys()].filter((name) => name.startsWith(fileNames.sentTo(idOf(1))))).toEqual([]);
  });
});
