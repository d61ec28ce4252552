import { expect, test } from "vitest";
import { toPath } from "../../src/index.ts";
import { memoryBucket } from "../../src/memory.ts";

const path = toPath("a");

test("a restored snapshot brings back contents, and versions given since are not used again", async () => {
  const { reader, writer, snapshot, restore, objects } = memoryBucket();
  await writer.write(path, new Uint8Array([1]));
  const before = snapshot();
  const since = await writer.write(path, new Uint8Array([2]));
  restore(before);
  expect(objects()).toEqual(new Map([[path, new Uint8Array([1])]]));
  const other = await writer.write(path, new Uint8Array([3]));
  expect(other).not.toEqual(since);
  expect(await reader.read(path, { maxBytes: 1 })).toMatchObject({ kind: "found", bytes: new Uint8Array([3]) });
});

test("a snapshot stays as it is when the bucket changes", async () => {
  const { writer, snapshot, restore, objects } = memoryBucket();
  await writer.write(path, new Uint8Array([1]));
  const before = snapshot();
  await writer.remove(path);
  expect(objects().size).toBe(0);
  restore(before);
  expect(objects().size).toBe(1);
});

test("the same bytes written again keep their version", async () => {
  const { writer } = memoryBucket();
  const first = await writer.write(path, new Uint8Array([1, 2]));
  expect(await writer.write(path, new Uint8Array([1, 2]))).toEqual(first);
  expect(await writer.write(path, new Uint8Array([1, 3]))).not.toEqual(first);
});
