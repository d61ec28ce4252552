import { describe, expect, test } from "vitest";
import { blobSource, streamSource } from "../../src/index.ts";
import { content } from "../support/home.ts";

const bytes = content(1_000);

describe("a stream as a source", () => {
  test.each([1, 7, 100, 333, 2_000])("is the same however it is portioned (%i bytes at a time)", async (part) => {
    let at = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at + part));
        // Empty parts mean nothing.
        controller.enqueue(new Uint8Array());
        at += part;
      },
    });
    const source = streamSource(stream);
    expect(await source.read(0, 300)).toEqual(bytes.subarray(0, 300));
    expect(await source.read(300, 300)).toEqual(bytes.subarray(300, 600));
    expect(await source.read(600, 500)).toEqual(bytes.subarray(600));
    expect(await source.read(1_000, 500)).toEqual(new Uint8Array());
  });

  test("that fails is gone, with its reason", async () => {
    const reason = new Error("torn");
    const source = streamSource(new ReadableStream({ pull: (controller) => controller.error(reason) }));
    await expect(source.read(0, 1)).rejects.toMatchObject({ code: "source-gone", cause: reason });
  });

  test("cannot be read from anywhere else", async () => {
    const source = streamSource(new Blob([bytes as BlobPart]).stream());
    await expect(source.read(5, 1)).rejects.toMatchObject({ code: "source-gone" });
  });
});

describe("a Blob as a source", () => {
  test("has no fingerprint, a File has one", async () => {
    expect(blobSource(new Blob(["a"])).fingerprint).toBeUndefined();
    const file = new File(["abc"], "a", { lastModified: 5 });
    expect(await blobSource(file).fingerprint?.()).toBe("3-5");
  });

  test("that can no longer be read is gone", async () => {
    const cause = new Error("changed on disk");
    const blob = { size: 5, slice: () => ({ arrayBuffer: () => Promise.reject(cause) }) } as unknown as Blob;
    await expect(blobSource(blob).read(0, 5)).rejects.toMatchObject({ code: "source-gone", cause });
  });
});
