import { seededRandom } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { type Path, proveConditionalWrites, type RemoteWriter, StorageRemoteError } from "../../src/index.ts";
import { memoryBucket } from "../../src/memory.ts";

const random = seededRandom(21);

describe("the proof of conditional writes", () => {
  test("succeeds on a store that honours them, and leaves nothing behind", async () => {
    const { reader, writer, objects } = memoryBucket();
    expect(await proveConditionalWrites({ reader, writer, random })).toEqual({ absent: true, version: true });
    expect(objects().size).toBe(0);
  });

  test("proves nothing on a store that limits the writes of one object, and does not fail", async () => {
    const { reader, writer } = memoryBucket();
    const written = new Set<Path>();
    const limited: RemoteWriter = {
      ...writer,
      async write(path, bytes, options) {
        if (written.has(path)) throw new StorageRemoteError("rate-limited", "one write a second");
        written.add(path);
        return writer.write(path, bytes, options);
      },
    };
    expect(await proveConditionalWrites({ reader, writer: limited, random })).toEqual({ absent: false, version: false });
  });

  test("fails where the store fails", async () => {
    const { reader, writer } = memoryBucket();
    const broken: RemoteWriter = { ...writer, write: () => Promise.reject(new StorageRemoteError("unreachable", "no network")) };
    await expect(proveConditionalWrites({ reader, writer: broken, random })).rejects.toMatchObject({ code: "unreachable" });
  });
});
