import { seededRandom } from "@cweb/crypto/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConformanceContext, conformanceCases } from "../../src/conformance.ts";
import { httpReader } from "../../src/http.ts";
import { toPath, withMeter } from "../../src/index.ts";
import { s3Lister, s3Reader, s3Writer } from "../../src/s3.ts";
import { s3LiteLister, s3LiteReader, s3LiteWriter } from "../../src/s3-lite.ts";
import { type S3Fixture, startFixture } from "../s3-fixture.ts";

const PROFILES = [
  ["as AWS", "missing=403", true, true],
  ["as R2", "missing=404,reader=get+list", true, true],
  ["as B2", "condPut=501", false, false],
  ["as Garage", "missing=404,condPut=ignored,reader=get+list", false, false],
  ["as Ceph", "ifMatch=unquoted,trailers=411", true, true],
  ["as a strict server", "ifMatch=quoted", true, true],
] as const;

const BACK_ENDS = [
  { name: "s3", reader: s3Reader, writer: s3Writer, lister: s3Lister },
  { name: "s3-lite", reader: s3LiteReader, writer: s3LiteWriter, lister: s3LiteLister },
] as const;

describe.each(PROFILES)("a server that acts %s", (manner, profile, absent, version) => {
  let fixture: S3Fixture;
  beforeAll(async () => {
    fixture = await startFixture(profile);
  });
  afterAll(() => fixture.close());

  // Both share what reads the answers: the SDK is tried in the two manners that differ most.
  const backEnds = BACK_ENDS.filter(({ name }) => name === "s3-lite" || /AWS|Ceph/.test(manner));
  describe.each(backEnds)("$name passes the conformance suite", ({ reader, writer, lister }) => {
    let context: ConformanceContext;
    beforeAll(() => {
      const options = { onExtraRequest: fixture.meter.record };
      context = {
        reader: withMeter(reader(fixture.peer, options), fixture.meter),
        writer: withMeter(writer(fixture.owner, options), fixture.meter),
        lister: withMeter(lister(fixture.owner, options), fixture.meter),
        random: seededRandom(3),
        conditionalWrites: { absent, version },
      };
    });
    test.each(conformanceCases)("$name", ({ run }) => run(context));
  });
});

describe("http", () => {
  let fixture: S3Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.close());
  test("a private bucket is forbidden without a key", async () => {
    const { endpoint, bucket } = fixture.peer;
    expect(await httpReader(`${endpoint}/${bucket}`).read(toPath("x"), { maxBytes: 1 })).toEqual({ kind: "forbidden" });
  });
});
