import { seededRandom } from "@cweb/crypto/testing";
import { describe, test } from "vitest";
import { conformanceCases } from "../../src/conformance.ts";
import { memoryBucket } from "../../src/memory.ts";

describe("memory passes the conformance suite", () => {
  const { reader, writer, lister } = memoryBucket();
  const context = { reader, writer, lister, random: seededRandom(1), conditionalWrites: { absent: true, version: true } };
  test.each(conformanceCases)("$name", ({ run }) => run(context));
});
