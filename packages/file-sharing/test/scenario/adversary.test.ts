import { cipherSuite, concat, secret } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import { memoryStore } from "@cweb/storage-local/memory";
import type { Path } from "@cweb/storage-remote";
import { memoryBucket } from "@cweb/storage-remote/memory";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeFileId } from "../../src/core/file-id.ts";
import { geometryOf } from "../../src/core/geometry.ts";
import { type FileReference, type FileSharingErrorCode, memoryTarget, openFile } from "../../src/index.ts";
import { collect, joined } from "../support/collect.ts";
import { downloader } from "../support/downloads.ts";
import { HastyClock } from "../support/home.ts";
import { flipped, type Lies, lying } from "../support/liar.ts";
import { contentOf, plant, type Tree } from "../support/tree.ts";

const chunk = 1024;
// Two levels above the chunks, 960 chunks below the first page.
const size = 1_000 * chunk;
const bucket = memoryBucket();
let tree: Tree;
let objects: ReadonlyMap<Path, Uint8Array>;
/** Another file of the same size, and another version of this one: the same content shared again. */
let other: Tree;
let version: Tree;

beforeAll(async () => {
  tree = await plant(contentOf(size), { bucket });
  other = await plant(contentOf(size, 2), { bucket, seed: 2 });
  version = await plant(contentOf(size), { bucket, seed: 3 });
  objects = bucket.objects();
});

const object = (of: Tree, level: number, index: number): Uint8Array => objects.get(of.path(level, index)) as Uint8Array;
const open = (lies: Lies, reference: FileReference = tree.reference) =>
  openFile(reference, { from: lying(bucket.reader, lies), crypto: cipherSuite, clock: new HastyClock(), random: seededRandom(1) });

/** Everything that can be done to the object at one place. */
function mischief(
  level: number,
  index: number,
  beside: number,
): Record<string, readonly [Uint8Array | "absent" | "forbidden", FileSharingErrorCode]> {
  const own = object(tree, level, index);
  return {
    dropped: ["absent", "chunk-missing"],
    refused: ["forbidden", "chunk-missing"],
    "replaced by its neighbour": [object(tree, level, beside), "altered"],
    "replaced by the other file's": [object(other, level, index), "altered"],
    "replaced by the other version's": [object(version, level, index), "altered"],
    "replaced by one of another level": [object(tree, level === 0 ? 1 : 0, 0), "altered"],
    "cut by a byte": [own.slice(0, -1), "altered"],
    "cut to half": [own.slice(0, own.length / 2), "altered"],
    emptied: [new Uint8Array(), "altered"],
    "longer by a byte": [concat(own, Uint8Array.of(0)), "altered"],
    "longer by much": [concat(own, own, own), "altered"],
    "with another salt": [flipped(own, 3), "altered"],
    "with another commitment": [flipped(own, 30), "altered"],
    "with another content": [flipped(own, 60, 7), "altered"],
    "with another tag": [flipped(own, own.length - 1), "altered"],
  };
}

describe("M8: chunks and pages cannot move, vanish or mix", () => {
  test("M8: whatever is done to a chunk, what needs it fails and says so, and all else is still read", async () => {
    for (const [index, beside] of [
      [0, 1],
      [500, 499],
      [959, 960],
      [999, 0],
    ] as const) {
      for (const [name, [lie, code]] of Object.entries(mischief(0, index, beside))) {
        const file = await open(new Map([[tree.path(0, index), lie]]));
        await expect(file.read({ offset: index * chunk + 100, length: 1 }), name).rejects.toMatchObject({ name: "FileSharingError", code });
        expect(await file.read({ offset: beside * chunk, length: chunk })).toEqual(
          tree.content.slice(beside * chunk, (beside + 1) * chunk),
        );
      }
    }
  });

  test("M8: whatever is done to a page, everything below it fails, and all else is still read", async () => {
    for (const [name, [lie, code]] of Object.entries(mischief(1, 0, 1))) {
      const file = await open(new Map([[tree.path(1, 0), lie]]));
      await expect(file.read({ offset: 5, length: 1 }), name).rejects.toMatchObject({ name: "FileSharingError", code });
      expect(await file.read({ offset: 960 * chunk, length: chunk })).toEqual(tree.content.slice(960 * chunk, 961 * chunk));
    }
  });

  test("M8: whatever is done to the root, nothing opens", async () => {
    for (const [name, [lie, code]] of Object.entries(mischief(2, 0, 0))) {
      if (name === "replaced by its neighbour") continue;
      const expected = code === "chunk-missing" ? "not-found" : code;
      await expect(open(new Map([[tree.path(2, 0), lie]])), name).rejects.toMatchObject({ code: expected });
    }
  });

  test("M8: two chunks or pages that change places both fail", async () => {
    for (const [level, a, b] of [
      [0, 3, 4],
      [0, 959, 960],
      [1, 0, 1],
    ] as const) {
      const lies: Lies = new Map([
        [tree.path(level, a), object(tree, level, b)],
        [tree.path(level, b), object(tree, level, a)],
      ]);
      for (const index of [a, b]) {
        const file = await open(lies);
        await expect(file.read({ offset: index * 960 ** level * chunk, length: 1 })).rejects.toMatchObject({ code: "altered" });
      }
    }
  });

  test("M8: a stream hands out what comes before, authentic, then fails; it never ends early as if that were all", async () => {
    for (const [, [lie, code]] of Object.entries(mischief(0, 20, 21))) {
      const file = await open(new Map([[tree.path(0, 20), lie]]));
      const parts: Uint8Array[] = [];
      await expect(collect(file.stream(), parts)).rejects.toMatchObject({ code });
      const came = joined(parts);
      expect(came.length).toBeLessThanOrEqual(20 * chunk);
      expect(came).toEqual(tree.content.slice(0, came.length));
    }
  });

  test("M8: a download fails, shows no file, keeps what was verified, and goes on once the store is honest", async () => {
    const small = await plant(contentOf(30 * chunk), { bucket, seed: 4 });
    const all = bucket.objects();
    for (const [lie, code] of [
      ["absent", "chunk-missing"],
      [all.get(small.path(0, 21)), "altered"],
    ] as const) {
      const lies: Lies = new Map([[small.path(0, 20), lie as Uint8Array | "absent"]]);
      const local = memoryStore().open();
      const to = memoryTarget();
      const from = lying(bucket.reader, lies);
      await expect(downloader(local).download(small.reference, { from, to, parallel: 2 })).rejects.toMatchObject({ code });
      expect(to.finished()).toBeUndefined();
      const [waiting] = await downloader(local).list();
      expect(waiting?.done).toBeGreaterThanOrEqual(19 * chunk);
      expect((await to.read(0, 19 * chunk)).length).toBe(19 * chunk);
      lies.clear();
      await downloader(local).download(small.reference, { from, to });
      expect(to.finished()).toEqual(small.content);
    }
  });

  test("M8: an owner's padding that is not zeros is altered", async () => {
    const bent = await plant(contentOf(chunk + 5), {
      change: { chunk: (index, plain) => (index === 1 ? flipped(plain, plain.length - 1) : plain) },
    });
    const from = bent.bucket.reader;
    const file = await openFile(bent.reference, { from, crypto: cipherSuite, clock: new HastyClock(), random: seededRandom(1) });
    await expect(file.read({ offset: chunk, length: 1 })).rejects.toMatchObject({ code: "altered" });
  });
});

describe("M9: name, size and type are authenticated", () => {
  test("M9: editing any field of a reference fails", async () => {
    const { reference } = tree;
    const edits: Record<string, readonly [Partial<FileReference>, FileSharingErrorCode]> = {
      owner: [{ owner: flipped(reference.owner, 31) }, "altered"],
      fileId: [{ fileId: encodeFileId(new Uint8Array(16)) }, "altered"],
      rootKey: [{ rootKey: secret(flipped(reference.rootKey, 0)) }, "not-found"],
      rootHash: [{ rootHash: flipped(reference.rootHash, 0) }, "altered"],
      size: [{ size: reference.size - 1 }, "altered"],
      "size within the padding": [{ size: reference.size + 1 }, "altered"],
      name: [{ name: "file.bin.exe" }, "altered"],
      mime: [{ mime: "text/html" }, "altered"],
      "another file's root": [{ rootKey: other.reference.rootKey, rootHash: other.reference.rootHash }, "altered"],
      "another version's root": [{ rootKey: version.reference.rootKey, rootHash: version.reference.rootHash }, "altered"],
    };
    for (const [name, [edit, code]] of Object.entries(edits)) {
      await expect(open(new Map(), { ...reference, ...edit }), name).rejects.toMatchObject({ name: "FileSharingError", code });
    }
    expect(Object.keys(reference).every((field) => field in edits)).toBe(true);
  });

  test("M9: a descriptor whose owner says something else than the reference is altered", async () => {
    for (const change of [{ name: "other" }, { mime: "text/plain" }, { fileId: encodeFileId(new Uint8Array(16)) }]) {
      const bent = await plant(contentOf(5000), { change: { descriptor: (honest) => ({ ...honest, ...change }) } });
      const opening = openFile(bent.reference, {
        from: bent.bucket.reader,
        crypto: cipherSuite,
        clock: new HastyClock(),
        random: seededRandom(1),
      });
      await expect(opening).rejects.toMatchObject({ code: "altered" });
    }
  });
});

describe("M7: every key is authenticated", () => {
  test("M7: no byte of a root's key or hash can be replaced", async () => {
    for (let at = 0; at < 32; at++) {
      const { rootKey, rootHash } = tree.reference;
      for (const edit of [{ rootKey: secret(flipped(rootKey, at)) }, { rootHash: flipped(rootHash, at) }]) {
        await expect(open(new Map(), { ...tree.reference, ...edit })).rejects.toMatchObject({ name: "FileSharingError" });
      }
    }
  });

  test("M7: nor one of a page's keys and hashes, by the store", async () => {
    const page = object(tree, 1, 0);
    // Salt and commitment are 56 bytes, then come a length of 4 and the first entry: key and hash.
    for (let at = 60; at < 124; at++) {
      const file = await open(new Map([[tree.path(1, 0), flipped(page, at)]]));
      await expect(file.read({ offset: 0, length: 1 })).rejects.toMatchObject({ code: "altered" });
    }
  });

  test("M7: nor, so that somebody would be misled, by an owner", async () => {
    for (const at of [20, 67]) {
      const bent = await plant(contentOf(size), {
        seed: 5,
        change: { page: (_, index, page) => (index === 0 ? flipped(page, at) : page) },
      });
      const file = await openFile(bent.reference, {
        from: bent.bucket.reader,
        crypto: cipherSuite,
        clock: new HastyClock(),
        random: seededRandom(1),
      });
      await expect(file.read({ offset: 0, length: 1 })).rejects.toMatchObject({ code: at < 36 ? "chunk-missing" : "altered" });
    }
  });
});

describe("absurd claims", () => {
  test("a descriptor whose numbers do not fit each other is descriptor-invalid, whoever opens it", async () => {
    const claims = [
      { paddedSize: 2 ** 40 },
      { totalChunks: 0 },
      { totalChunks: 4_000_000_000 },
      { depth: 0 },
      { depth: 3 },
      { depth: 200 },
      { log2: 0 },
      { log2: 40 },
      { log2: 12 },
    ];
    for (const claim of claims) {
      const bent = await plant(contentOf(5000), {
        change: { descriptor: (honest) => ({ ...honest, geometry: { ...honest.geometry, ...claim } }) },
      });
      const to = memoryTarget();
      const download = downloader(memoryStore().open()).download(bent.reference, { from: bent.bucket.reader, to });
      await expect(download).rejects.toMatchObject({ code: "descriptor-invalid" });
      expect(await to.read(0, 1)).toEqual(new Uint8Array());
    }
  });

  test("the largest file there can be costs no more than the requests until the first part that is not there", async () => {
    const huge = geometryOf(2 ** 49, 23);
    const bent = await plant(contentOf(5000), {
      change: { descriptor: (honest) => ({ ...honest, geometry: huge, entries: Array(73).fill(honest.entries[0]) }) },
    });
    const reference = { ...bent.reference, size: huge.size };
    const from = bent.bucket.reader;
    const file = await openFile(reference, { from, crypto: cipherSuite, clock: new HastyClock(), random: seededRandom(1) });
    await expect(file.read({ offset: 2 ** 48, length: 1 })).rejects.toMatchObject({ code: "altered" });
    const to = memoryTarget();
    const local = memoryStore().open();
    await expect(downloader(local).download(reference, { from, to })).rejects.toMatchObject({ code: "altered" });
    expect(await downloader(local).list()).toMatchObject([{ done: 0, total: 2 ** 49 }]);
    expect(await to.read(0, 1)).toEqual(new Uint8Array());
  });

  test("a root or a page that is no such thing inside is descriptor-invalid", async () => {
    for (const root of [new Uint8Array(65_464), new Uint8Array(65_464).fill(255), new Uint8Array(10)]) {
      const bent = await plant(contentOf(5000), { change: { root: () => root } });
      const opening = openFile(bent.reference, {
        from: bent.bucket.reader,
        crypto: cipherSuite,
        clock: new HastyClock(),
        random: seededRandom(1),
      });
      await expect(opening).rejects.toMatchObject({ code: "descriptor-invalid" });
    }
    for (const page of [new Uint8Array(65_464), new Uint8Array(10)]) {
      const bent = await plant(contentOf(size), { seed: 6, change: { page: () => page } });
      const file = await openFile(bent.reference, {
        from: bent.bucket.reader,
        crypto: cipherSuite,
        clock: new HastyClock(),
        random: seededRandom(1),
      });
      await expect(file.read({ offset: 0, length: 1 })).rejects.toMatchObject({ code: "descriptor-invalid" });
    }
  });
});

describe("yesterday's objects", () => {
  test("a store that serves what a path held before gives away nothing but what it once was told to hold", async () => {
    const old = new Map(objects);
    const own = await plant(contentOf(10 * chunk, 7), { bucket: memoryBucket(), seed: 7 });
    const lies: Lies = new Map(own.objects.map(({ path }, at) => [path, [...old.values()][at] as Uint8Array]));
    const opening = openFile(own.reference, {
      from: lying(own.bucket.reader, lies),
      crypto: cipherSuite,
      clock: new HastyClock(),
      random: seededRandom(1),
    });
    await expect(opening).rejects.toMatchObject({ code: "altered" });
  });
});
