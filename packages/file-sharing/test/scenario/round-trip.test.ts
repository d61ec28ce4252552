import { memoryStore } from "@cweb/storage-local/memory";
import { describe, expect, test } from "vitest";
import { blobSource, type FileReference, formatFileReference, memoryTarget, openFile, parseFileReference } from "../../src/index.ts";
import { downloader } from "../support/downloads.ts";
import { content, createHome, crypto, expectBytes } from "../support/home.ts";

const mebibyte = 2 ** 20;

describe("from one peer to another", () => {
  test("a Blob is shared, its reference travels as text, and it comes out of a stream, a range and a download", async () => {
    const home = createHome();
    const bytes = content(2 * mebibyte + 12_345);
    const blob = new Blob([bytes as BlobPart], { type: "video/mp4" });
    const { reference: own } = await home.publisher().publish(blobSource(blob), { name: "film.mp4", mime: blob.type });

    const reference = parseFileReference(formatFileReference(own as FileReference));
    const file = await openFile(reference, { from: home.bucket.reader, crypto, clock: home.clock, random: home.random });
    expect(file).toMatchObject({ name: "film.mp4", mime: "video/mp4", size: bytes.length });
    // As a page would show it or save it.
    const saved = await new Response(file.stream()).blob();
    expectBytes(new Uint8Array(await saved.arrayBuffer()), bytes);
    const around = { offset: mebibyte - 1000, length: 2000 };
    expectBytes(await file.read(around), bytes.slice(around.offset, around.offset + around.length));

    const to = memoryTarget();
    await downloader(memoryStore()).download(reference, { from: home.bucket.reader, to });
    expectBytes(to.finished() as Uint8Array, bytes);
  });

  test("a stream goes through the platform's own pipes", async () => {
    const home = createHome();
    const bytes = content(100_000);
    const { reference } = await home.publisher().publish(blobSource(new Blob([bytes as BlobPart])), { name: "a", chunkLog2: 12 });
    const file = await openFile(reference as FileReference, { from: home.bucket.reader, crypto, clock: home.clock, random: home.random });
    let sum = 0;
    let count = 0;
    await file.stream({ offset: 10 }).pipeTo(
      new WritableStream({
        write(part) {
          count += part.length;
          for (const byte of part) sum += byte;
        },
      }),
    );
    expect(count).toBe(bytes.length - 10);
    expect(sum).toBe(bytes.slice(10).reduce((total, byte) => total + byte, 0));
    const [one, two] = file.stream().tee();
    const [first, second] = await Promise.all([new Response(one).arrayBuffer(), new Response(two).arrayBuffer()]);
    expectBytes(new Uint8Array(first), bytes);
    expectBytes(new Uint8Array(second), bytes);
  });
});
