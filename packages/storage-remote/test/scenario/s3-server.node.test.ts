import { createServer } from "node:net";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createMeter,
  encodeReadProfile,
  openLister,
  openReader,
  openWriter,
  proveConditionalWrites,
  type ReadProfile,
  type S3Location,
  type S3Profile,
  toPath,
  withMeter,
} from "../../src/index.ts";
import { s3Lister, s3Reader, s3Writer } from "../../src/s3.ts";
import { s3LiteLister, s3LiteReader, s3LiteWriter } from "../../src/s3-lite.ts";
import { type S3Fixture, startFixture } from "../s3-fixture.ts";

const path = toPath("a");
const BACK_ENDS = [
  { name: "s3", reader: s3Reader, writer: s3Writer, lister: s3Lister },
  { name: "s3-lite", reader: s3LiteReader, writer: s3LiteWriter, lister: s3LiteLister },
] as const;

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.close());

function damaged(location: S3Location, change: Partial<S3Location> & { readonly secret?: string }): S3Location {
  const { secret, ...rest } = change;
  const { accessKeyId, secretAccessKey } = location.credentials;
  return { ...location, credentials: { accessKeyId, secretAccessKey: secret ?? secretAccessKey }, ...rest };
}

describe.each(BACK_ENDS)("$name against a real server", ({ reader, writer, lister }) => {
  test("says what is wrong with the profile", async () => {
    const { peer } = fixture;
    const read = (location: S3Location): Promise<unknown> => reader(location).read(path, { maxBytes: 9 });
    await expect(read(damaged(peer, { secret: "not the secret".replaceAll(" ", "-") }))).rejects.toMatchObject({
      code: "wrong-credentials",
    });
    const unknown = { accessKeyId: "NOBODY", secretAccessKey: "x" };
    await expect(read(damaged(peer, { credentials: unknown }))).rejects.toMatchObject({ code: "wrong-credentials" });
    await expect(writer(fixture.owner).write(path, new Uint8Array(1))).resolves.toMatchObject({ kind: "stored" });
  });

  test("says that the clock is off", async () => {
    const hour = 3_600_000;
    const clock = new VirtualClock(Date.now() + hour);
    const ahead = await startFixture("", clock);
    try {
      await expect(reader(ahead.peer).read(path, { maxBytes: 9 })).rejects.toMatchObject({ code: "clock-skew", retryable: false });
      clock.setTime(Date.now());
      expect(await reader(ahead.peer).read(path, { maxBytes: 9 })).toEqual({ kind: "forbidden" });
    } finally {
      const closed = ahead.close();
      clock.advance(hour);
      await closed;
    }
  });

  test("a key that may only get can do nothing else", async () => {
    const { peer } = fixture;
    await expect(writer(peer).write(path, new Uint8Array(1))).rejects.toMatchObject({ code: "refused", retryable: false });
    await expect(writer(peer).remove(path)).rejects.toMatchObject({ code: "refused" });
    await expect(lister(peer).list({ limit: 1 })).rejects.toMatchObject({ code: "refused" });
  });

  test("the hash that a caller has takes the place of the back-end's own: the server refuses a wrong one", async () => {
    const place = toPath("hinted");
    const bytes = new TextEncoder().encode("content");
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    expect(await writer(fixture.owner).write(place, bytes, { sha256 })).toMatchObject({ kind: "stored" });
    const wrong = writer(fixture.owner).write(place, bytes, { sha256: new Uint8Array(32) });
    await expect(wrong).rejects.toMatchObject({ code: "refused", retryable: false });
    expect(await reader(fixture.peer).read(place, { maxBytes: 100 })).toMatchObject({ kind: "found", bytes });
  });

  test("nobody listens: unreachable", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    await new Promise((resolve) => server.close(resolve));
    const nowhere = damaged(fixture.peer, { endpoint: `http://127.0.0.1:${port}` });
    await expect(reader(nowhere).read(path, { maxBytes: 1 })).rejects.toMatchObject({ code: "unreachable", retryable: true });
    await expect(writer(nowhere).write(path, new Uint8Array(1))).rejects.toMatchObject({ code: "unreachable" });
  });
});

test("more than one page is listed", async () => {
  const location = { ...fixture.owner, prefix: "pages/" };
  const write = s3LiteWriter(location);
  const paths = Array.from({ length: 1005 }, (_, index) => toPath(`p${String(index).padStart(4, "0")}`));
  for (let start = 0; start < paths.length; start += 50) {
    await Promise.all(paths.slice(start, start + 50).map((each) => write.write(each, new Uint8Array(1))));
  }
  for (const { lister } of BACK_ENDS) {
    const list = lister(location);
    expect(await list.list({ limit: 5000 })).toEqual(paths);
    expect(await list.list({ limit: 1001 })).toEqual(paths.slice(0, 1001));
    expect(await list.list({ after: toPath("p1000"), limit: 3 })).toEqual(paths.slice(1001, 1004));
  }
});

describe("a meter and the server's log", () => {
  test.each(BACK_ENDS)("agree for $name, extra requests included", async ({ reader, writer, lister }) => {
    const bare = await startFixture("ifMatch=unquoted");
    try {
      const meter = createMeter();
      const options = { onExtraRequest: meter.record };
      const read = withMeter(reader(bare.peer, options), meter);
      const write = withMeter(writer(bare.owner, options), meter);
      const list = withMeter(lister(bare.owner, options), meter);
      await proveConditionalWrites({ reader: read, writer: write, random: seededRandom(4) });
      await write.write(path, new Uint8Array(5000));
      await read.read(path, { maxBytes: 5000 });
      await read.read(path, { maxBytes: 9, range: { offset: 9000, length: 9 } });
      await read.read(toPath("missing"), { maxBytes: 5000 });
      await list.list({ limit: 10 });
      await write.remove(path);
      const logged = (method: string, wanted: (query: string) => boolean): number =>
        bare.log.filter((entry) => entry.method === method && wanted(entry.query)).length;
      const isList = (query: string): boolean => query.includes("list-type");
      const { get, put, list: lists, delete: removed } = meter.counts();
      expect([get.requests, put.requests, lists.requests, removed.requests]).toEqual([
        logged("GET", (query) => !isList(query)),
        logged("PUT", () => true),
        logged("GET", isList),
        logged("DELETE", () => true),
      ]);
      expect(put.bytesOut).toBe(bare.log.filter((entry) => entry.method === "PUT").reduce((sum, entry) => sum + entry.bytesIn, 0));
    } finally {
      await bare.close();
    }
  });

  test("an idle poll is one request, and without key or clock trouble nothing but GETs is sent by readers", async () => {
    const before = fixture.log.length;
    await s3LiteReader(fixture.peer).read(toPath("idle"), { maxBytes: 4096 });
    expect(fixture.log.slice(before).map(({ method, status }) => [method, status])).toEqual([["GET", 403]]);
  });
});

test("an owner's profile opens both sides, and its bytes open the same read side", async () => {
  const { credentials: read, ...place } = fixture.peer;
  const profile: S3Profile = { type: "s3", ...place, read, write: fixture.owner.credentials };
  const side: ReadProfile = { type: "s3", ...place, read };
  const target = toPath("opened");
  await openWriter(profile).write(target, new Uint8Array([7]));
  expect(await openReader(side).read(target, { maxBytes: 1 })).toMatchObject({ kind: "found", bytes: new Uint8Array([7]) });
  expect(await openLister(profile).list({ limit: 10_000 })).toContain(target);
  expect(encodeReadProfile(side).length).toBeLessThan(200);
});

test("a connection cut in the middle of a body is unreachable, never a short body", async () => {
  const cut = await startFixture("cut=0.5,seed=7");
  try {
    const outcomes = new Set<string>();
    const bytes = seededRandom(5).bytes(100_000);
    const write = s3LiteWriter(cut.owner);
    for (let tries = 0; tries < 20; tries++) {
      await write.write(path, bytes).catch((error: { code: string }) => outcomes.add(error.code));
    }
    for (const { reader } of BACK_ENDS) {
      const read = reader(cut.peer);
      for (let tries = 0; tries < 20; tries++) {
        const result = await read.read(path, { maxBytes: 100_000 }).catch((error: { code: string }) => error.code);
        if (typeof result === "object" && result.kind === "found") expect(result.bytes).toEqual(bytes);
        outcomes.add(typeof result === "string" ? result : result.kind);
      }
    }
    expect(outcomes).toEqual(new Set(["unreachable", "found"]));
  } finally {
    await cut.close();
  }
});
