import { utf8 } from "@cweb/crypto";
import { nobleSuite } from "@cweb/crypto/noble";
import { toPath } from "@cweb/storage-remote";
import { memoryBucket } from "@cweb/storage-remote/memory";
import { describe, expect, test } from "vitest";
import { encodeFileId } from "../../src/core/file-id.ts";
import { padme } from "../../src/core/geometry.ts";
import { objectPath } from "../../src/core/object-name.ts";
import { decodeFileReference, encodeFileReference, openFile, parseFileReference } from "../../src/index.ts";
import {
  decodeDeletion,
  decodeHead,
  decodeKey,
  decodeRecipients,
  decodeSegment,
  encodeHead,
  encodeSegment,
} from "../../src/wire/upload-records.ts";
import committed from "../../vectors/file-sharing.json" with { type: "json" };
import { contentOf, hex, makeVectors, VectorFile } from "../../vectors/make-vectors.ts";
import { createHome, crypto, expectBytes } from "../support/home.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

describe("the committed vectors", () => {
  test.each([
    ["noble", nobleSuite],
    ["this platform's provider", crypto],
  ])("are what %s computes", async (_, suite) => {
    expect(JSON.parse(JSON.stringify(await makeVectors(suite)))).toEqual(committed);
  });

  test("are read back: references and padded sizes", () => {
    for (const { size, padded } of committed.padme) expect(padme(size)).toBe(padded);
    for (const { bytes: encoded, text } of [...committed.references, ...committed.files.map(({ reference }) => reference)]) {
      expect(hex(encodeFileReference(parseFileReference(text)))).toBe(encoded);
      expect(decodeFileReference(bytes(encoded))).toEqual(parseFileReference(text));
    }
  });

  test("are read back: the records of a home", () => {
    const { head, unfinishedHead, key, recipients, deletion, segment } = committed.records;
    expect(decodeHead(bytes(head))).toMatchObject({ state: "published", key: "/home/ada/a", content: 3, fingerprint: "7-5-1-2", size: 7 });
    expect(hex(encodeHead(decodeHead(bytes(head))))).toBe(head);
    expect(decodeHead(bytes(unfinishedHead))).toMatchObject({ state: "uploading", key: undefined, size: undefined, reference: undefined });
    expect(decodeKey(bytes(key))).toBe(decodeHead(bytes(head)).fileId);
    expect(decodeRecipients(bytes(recipients))).toEqual(["bob", "carol"]);
    expect(decodeDeletion(bytes(deletion))).toEqual([objectPath(crypto, new Uint8Array(32).fill(4))]);
    const entries = decodeSegment(bytes(segment));
    expect(entries.flatMap((entry, i) => (entry === undefined ? [] : [[i, entry.state, entry.content]]))).toEqual([
      [1, "stored", 3],
      [63, "reserved", 4_294_967_295],
    ]);
    expect(hex(encodeSegment(entries))).toBe(segment);
  });

  test.each(committed.files.map((file, number) => [file.size, file.depth, number] as const))(
    "are read back: a file of %i bytes and depth %i",
    async (size, _, number) => {
      const { log2, reference, owner, contentHash, objects } = committed.files[number] as (typeof committed.files)[number];
      const file = new VectorFile(crypto, encodeFileId(crypto.sha256(utf8(`file ${number}`)).slice(0, 16)));
      await file.storeAll(size, log2, bytes(owner));
      const bucket = memoryBucket();
      for (const [path, object] of file.objects) await bucket.writer.write(toPath(path), object);
      for (const { path, hash } of objects) expect(hex(crypto.sha256(bucket.objects().get(toPath(path)) ?? new Uint8Array()))).toBe(hash);
      const { clock, random } = createHome();
      const opened = await openFile(parseFileReference(reference.text), { from: bucket.reader, crypto, clock, random });
      const content = await opened.read({ offset: 0, length: size });
      expectBytes(content, contentOf(size));
      expect(hex(crypto.sha256(content))).toBe(contentHash);
    },
  );
});
