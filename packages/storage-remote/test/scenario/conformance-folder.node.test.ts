import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@cweb/crypto/testing";
import { afterAll, beforeAll, describe, test } from "vitest";
import { conformanceCases } from "../../src/conformance.ts";
import { folderLister, folderReader, folderWriter } from "../../src/folder.ts";

describe("folder passes the conformance suite", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "cweb-folder-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));
  test.each(conformanceCases)("$name", ({ run }) => {
    const random = seededRandom(2);
    const conditionalWrites = { absent: true, version: true };
    return run({
      reader: folderReader(directory),
      writer: folderWriter(directory),
      lister: folderLister(directory),
      random,
      conditionalWrites,
    });
  });
});
