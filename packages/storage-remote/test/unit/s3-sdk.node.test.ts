import { expect, test } from "vitest";
import { StorageRemoteError, toPath } from "../../src/index.ts";
import { s3Reader } from "../../src/s3.ts";
import { location } from "../fake-fetch.ts";

test("an SDK that cannot be loaded is an error of this package, and is loaded by a later request", async () => {
  let loads = 0;
  const reader = s3Reader(location, {
    get requestHandler(): never {
      loads++;
      throw new Error("the network is down");
    },
  });
  for (const n of [1, 2]) {
    const failure = await reader.read(toPath("a"), { maxBytes: 1 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StorageRemoteError);
    expect(failure).toMatchObject({ code: "unsupported", message: expect.stringContaining("cannot be loaded") });
    expect(loads).toBe(n);
  }
});
