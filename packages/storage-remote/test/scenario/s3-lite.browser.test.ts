/// <reference path="../../../../scripts/provided.d.ts" />
import { seededRandom } from "@cweb/crypto/testing";
import { describe, expect, inject, test } from "vitest";
import { conformanceCases } from "../../src/conformance.ts";
import { httpReader } from "../../src/http.ts";
import { toPath } from "../../src/index.ts";
import { s3LiteLister, s3LiteReader, s3LiteWriter } from "../../src/s3-lite.ts";

const { url, mailboxes } = inject("store");
const [{ bucket, read, write }] = mailboxes;
const place = { endpoint: url, region: "us-east-1", bucket, prefix: "storage-remote/", pathStyle: true };

describe("s3-lite in a browser passes the conformance suite", () => {
  const context = {
    reader: s3LiteReader({ ...place, credentials: read }),
    writer: s3LiteWriter({ ...place, credentials: write }),
    lister: s3LiteLister({ ...place, credentials: write }),
    random: seededRandom(8),
    conditionalWrites: { absent: true, version: true },
  };
  test.each(conformanceCases)("$name", ({ run }) => run(context));
});

test("what CORS or the network hides from a page is unreachable", async () => {
  const nowhere = s3LiteReader({ ...place, endpoint: "http://127.0.0.1:1", credentials: read });
  await expect(nowhere.read(toPath("a"), { maxBytes: 1 })).rejects.toMatchObject({ code: "unreachable" });
});

test("a private bucket is forbidden to plain requests", async () => {
  expect(await httpReader(`${url}/${bucket}`).read(toPath("a"), { maxBytes: 1 })).toEqual({ kind: "forbidden" });
});
