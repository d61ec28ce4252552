import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/index.ts";
import { content, createHome, readBack } from "../support/home.ts";

describe("publishing", () => {
  test.each([0, 1, 1_023, 1_024, 1_025, 4_096, 4_097, 10_000, 960 * 1_024 - 1, 960 * 1_024, 960 * 1_024 + 1])(
    "a file of %i bytes can be read",
    async (size) => {
      const home = createHome();
      const bytes = content(size);
      const file = await home.publisher().publish(bytesSource(bytes), { name: "a", chunkLog2: 10 });
      expect(file).toMatchObject({ state: "published", size, done: size });
      expect(await readBack(home, file.reference!)).toEqual(bytes);
    },
  );
});
