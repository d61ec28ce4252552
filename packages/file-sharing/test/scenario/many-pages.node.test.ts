import { seededRandom } from "@cweb/crypto/testing";
import type { Path } from "@cweb/storage-remote";
import { expect, test } from "vitest";
import { openFile } from "../../src/index.ts";
import { watched } from "../support/downloads.ts";
import { crypto, HastyClock } from "../support/home.ts";
import { contentOf, plant } from "../support/tree.ts";

test("the eight pages used last are kept, whatever the size of the file", async () => {
  const page = 960 * 1024;
  const { reference, bucket, path } = await plant(contentOf(9 * page));
  const asked: Path[] = [];
  const from = watched(bucket.reader, asked);
  const file = await openFile(reference, { from, crypto, clock: new HastyClock(), random: seededRandom(1) });
  const pagesAskedFor = async (index: number): Promise<readonly Path[]> => {
    asked.length = 0;
    await file
      .stream({ offset: index * page, length: 1 })
      .getReader()
      .read();
    return asked.filter((one) => one !== path(0, index * 960));
  };
  for (let index = 0; index < 8; index++) expect(await pagesAskedFor(index)).toEqual([path(1, index)]);
  expect(await pagesAskedFor(0)).toEqual([]);
  expect(await pagesAskedFor(8)).toEqual([path(1, 8)]);
  expect(await pagesAskedFor(0)).toEqual([]);
  expect(await pagesAskedFor(1)).toEqual([path(1, 1)]);
});
