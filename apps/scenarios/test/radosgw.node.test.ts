import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Radosgw, startRadosgw } from "../src/radosgw.ts";

let gateway: Radosgw | undefined;
beforeAll(async () => {
  gateway = await startRadosgw();
}, 90_000);
afterAll(() => gateway?.stop());

describe("the RADOS gateway for scenarios", () => {
  test("gives a mailbox whose reader may get and do nothing else", async (context) => {
    if (!gateway) return context.skip();
    const { bucket, write, read } = await gateway.mailbox("alice");
    const owner = new AwsClient({ ...write, service: "s3", region: "us-east-1" });
    const reader = new AwsClient({ ...read, service: "s3", region: "us-east-1", retries: 0 });
    const url = `${gateway.url}/${bucket}`;
    expect((await owner.fetch(`${url}/one`, { method: "PUT", body: "first" })).status).toBe(200);
    const found = await reader.fetch(`${url}/one`);
    expect([found.status, await found.text()]).toEqual([200, "first"]);
    expect((await reader.fetch(`${url}/none`)).status).toBe(403);
    expect((await reader.fetch(`${url}?list-type=2`)).status).toBe(403);
    expect((await reader.fetch(`${url}/one`, { method: "PUT", body: "changed" })).status).toBe(403);
    expect((await reader.fetch(`${url}/one`, { method: "DELETE" })).status).toBe(403);
  }, 30_000);
});
