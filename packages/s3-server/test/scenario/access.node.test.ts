import { AwsClient } from "aws4fetch";
import { describe, expect, test } from "vitest";
import { key, owner, reader, signerOf, start, verdict } from "../support/started.ts";

const put = (body = "1") => ({ method: "PUT", body });
const amzDate = (time: number): string => new Date(time).toISOString().replace(/[:-]|\.\d{3}/g, "");

describe("signatures", () => {
  test("a wrong secret and an unknown key are told apart and both refused", async () => {
    const { signed } = await start();
    expect(await verdict(signed("/alice/a", put(), { ...owner, secretAccessKey: "wrong" }))).toBe("403 SignatureDoesNotMatch");
    expect(await verdict(signed("/alice/a", {}, key("NOBODY")))).toBe("403 InvalidAccessKeyId");
  });

  test("cover method, path, query and signed headers", async () => {
    const { server, signed } = await start();
    await signed("/alice/a", put());
    await signed("/alice/b", put());
    const { url, headers } = await signerOf(owner).sign(`${server.url}/alice/a?x=1`, { headers: { "x-amz-meta-m": "1" } });
    expect(await verdict(fetch(url, { headers }))).toBe("200");
    expect(await verdict(fetch(url.replace("/a?", "/b?"), { headers }))).toBe("403 SignatureDoesNotMatch");
    expect(await verdict(fetch(url.replace("x=1", "x=2"), { headers }))).toBe("403 SignatureDoesNotMatch");
    expect(await verdict(fetch(`${url}&y=1`, { headers }))).toBe("403 SignatureDoesNotMatch");
    expect(await verdict(fetch(url, { method: "DELETE", headers }))).toBe("403 SignatureDoesNotMatch");
    const changed = new Headers(headers);
    changed.set("x-amz-meta-m", "2");
    expect(await verdict(fetch(url, { headers: changed }))).toBe("403 SignatureDoesNotMatch");
    const added = new Headers(headers);
    added.set("x-amz-copy-source", "/alice/b");
    expect(await verdict(fetch(url, { headers: added }))).toBe("403 AccessDenied");
  });

  test("are good for 15 minutes before and after", async () => {
    let now = Date.now();
    const { server, signed } = await start({ clock: { now: () => now, sleep: () => Promise.resolve() } });
    now = Date.UTC(2026, 0, 2, 3, 4, 5);
    const at = (time: number): Promise<string> =>
      verdict(signerOf(owner).fetch(`${server.url}/alice?list-type=2`, { aws: { datetime: amzDate(time) } }));
    expect(await at(now - 15 * 60_000)).toBe("200");
    expect(await at(now + 15 * 60_000)).toBe("200");
    expect(await at(now - 15 * 60_000 - 1000)).toBe("403 RequestTimeTooSkewed");
    expect(await at(now + 15 * 60_000 + 1000)).toBe("403 RequestTimeTooSkewed");
    const refused = await signed("/alice/a"); // signed with this machine's clock
    expect(refused.headers.get("date")).toBe("Fri, 02 Jan 2026 03:04:05 GMT");
    expect(await refused.text()).toContain("<ServerTime>2026-01-02T03:04:05.000Z</ServerTime>");
  });

  test("malformed ones get a 400", async () => {
    const { server } = await start();
    const date = amzDate(Date.now());
    const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
    const good = `Credential=OWNER/${scope}, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`;
    const get = (authorization: string): Promise<string> => {
      const headers = { authorization, "x-amz-date": date, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
      return verdict(fetch(`${server.url}/alice/a`, { headers }));
    };
    expect(await get("Basic b3duZXI6")).toBe("400 AuthorizationHeaderMalformed");
    expect(await get("AWS4-HMAC-SHA256 ")).toBe("400 AuthorizationHeaderMalformed");
    expect(await get(`AWS4-HMAC-SHA256 ${good.replace("/s3/", "/ec2/")}`)).toBe("400 AuthorizationHeaderMalformed");
    expect(await get(`AWS4-HMAC-SHA256 ${good.replace("host;", "")}`)).toBe("400 AuthorizationHeaderMalformed");
    expect(await get(`AWS4-HMAC-SHA256 ${good.replace(date.slice(0, 8), "19990101")}`)).toBe("400 AuthorizationHeaderMalformed");
    expect(await get(`AWS4-HMAC-SHA256 ${good}`)).toBe("403 AccessDenied"); // x-amz-content-sha256 is not signed
    expect(await get(`AWS4-HMAC-SHA256 Credential=READER/${scope}, ${good}`)).toBe("400 AuthorizationHeaderMalformed");
    const again = "X-Amz-Algorithm=AWS4-HMAC-SHA256";
    expect(await verdict(fetch(`${server.url}/alice/a?${again}`, { headers: { authorization: "x" } }))).toBe("400 BadRequest");
  });
});

describe("presigned requests", () => {
  const presign = async (url: string, seconds: number, init: RequestInit & { datetime?: string } = {}): Promise<string> => {
    const { datetime, ...rest } = init;
    const aws = { signQuery: true, ...(datetime === undefined ? {} : { datetime }) };
    return (await signerOf(owner).sign(`${url}?X-Amz-Expires=${seconds}`, { ...rest, aws })).url;
  };

  test("work without any header until they expire", async () => {
    const { server, signed } = await start();
    await signed("/alice/a", put("content"));
    const url = `${server.url}/alice/a`;
    expect(await (await fetch(await presign(url, 60))).text()).toBe("content");
    expect(await verdict(fetch((await presign(url, 60)).replace("/a?", "/b?")))).toBe("403 SignatureDoesNotMatch");
    expect(await verdict(fetch((await presign(url, 60)).replace("Expires=60", "Expires=61")))).toBe("403 SignatureDoesNotMatch");
    const expired = await presign(url, 10, { datetime: amzDate(Date.now() - 12_000) });
    expect(await verdict(fetch(expired))).toBe("403 AccessDenied");
    const early = await presign(url, 60, { datetime: amzDate(Date.now() + 20 * 60_000) });
    expect(await verdict(fetch(early))).toBe("403 AccessDenied");
    expect(await verdict(fetch(await presign(url, 604_800)))).toBe("200");
    expect(await verdict(fetch(await presign(url, 604_801)))).toBe("400 AuthorizationQueryParametersError");
    const signedPut = await presign(url, 60, { method: "PUT" });
    expect(await verdict(fetch(signedPut, { method: "PUT", body: "new" }))).toBe("200");
    expect(await verdict(fetch(signedPut))).toBe("403 SignatureDoesNotMatch");
  });

  test("leave no signature in the log", async () => {
    const { server, log } = await start();
    await (await fetch(await presign(`${server.url}/alice/a`, 60))).text();
    expect(log[0]).toMatchObject({ accessKeyId: "OWNER", status: 404, path: "a" });
    expect(log[0]?.query).toMatch(/X-Amz-Signature=…$/);
    const spelt = (await presign(`${server.url}/alice/a`, 60)).replace("X-Amz-Signature", "X-Amz-%53ignature");
    expect(await verdict(fetch(spelt))).toBe("404 NoSuchKey");
    expect(log[1]?.query).toMatch(/X-Amz-%53ignature=…$/);
  });
});

describe("rights", () => {
  test("a get-only key can get and do nothing else", async () => {
    const { signed } = await start();
    await signed("/alice/a", put("content"));
    const as = (path: string, init: RequestInit = {}): Promise<string> => verdict(signed(path, init, reader));
    expect(await as("/alice/a")).toBe("200");
    expect((await signed("/alice/a", { method: "HEAD" }, reader)).status).toBe(200);
    const body = "<Delete><Object><Key>a</Key></Object></Delete>";
    for (const [path, init] of [
      ["/alice/a", put("changed")],
      ["/alice/new", put()],
      ["/alice/a", { method: "DELETE" }],
      ["/alice?list-type=2", {}],
      ["/alice", {}],
      ["/alice?uploads", {}],
      ["/alice?cors", {}],
      ["/alice?cors", put()],
      ["/alice/a?uploads", { method: "POST" }],
      ["/alice/a?partNumber=1&uploadId=0", put()],
      ["/alice", { method: "DELETE" }],
      ["/alice?delete", { method: "POST", body }],
      ["/alice?delete", { method: "POST", body: "not even read" }],
      ["/bob", { method: "PUT" }],
      ["/bob/a", {}],
      ["/alice/copy", { method: "PUT", headers: { "x-amz-copy-source": "/alice/a" } }],
    ] as [string, RequestInit][]) {
      expect([path, init.method, await as(path, init)]).toEqual([path, init.method, "403 AccessDenied"]);
    }
    expect(await (await signed("/alice/a")).text()).toBe("content");
  });

  test("a missing object is 403 for who may not list, 404 for who may", async () => {
    const { signed } = await start();
    expect(await verdict(signed("/alice/none", {}, reader))).toBe("403 AccessDenied");
    expect((await signed("/alice/none", { method: "HEAD" }, reader)).status).toBe(403);
    expect(await verdict(signed("/alice/none"))).toBe("404 NoSuchKey");
    expect(await verdict(signed("/nothing-here/none"))).toBe("404 NoSuchBucket");
    expect(await verdict(signed("/nothing-here/none", {}, reader))).toBe("403 AccessDenied");
  });

  test("end at a prefix", async () => {
    const one = { ...key("ONE"), bucket: "alice", prefix: "one/", rights: ["get", "put", "delete", "list"] as const };
    const { signed } = await start({ keys: [owner, one] });
    expect(await verdict(signed("/alice/one/a", put(), one))).toBe("200");
    expect(await verdict(signed("/alice/two/a", put(), one))).toBe("403 AccessDenied");
    expect(await verdict(signed("/alice?list-type=2&prefix=one/", {}, one))).toBe("200");
    expect(await verdict(signed("/alice?list-type=2&prefix=on", {}, one))).toBe("403 AccessDenied");
    expect(await verdict(signed("/alice?list-type=2", {}, one))).toBe("403 AccessDenied");
    expect(await verdict(signed("/alice", { method: "DELETE" }, one))).toBe("403 AccessDenied");
    const body = "<Delete><Object><Key>one/a</Key></Object><Object><Key>two/a</Key></Object></Delete>";
    const answer = await (await signed("/alice?delete", { method: "POST", body }, one)).text();
    expect(answer.replace(/\s/g, "")).toMatch(/<Deleted><Key>one\/a<\/Key><\/Deleted><Error><Key>two\/a<\/Key><Code>AccessDenied/);
  });

  test("copying needs the right to get the source", async () => {
    const writer = { ...key("WRITER"), bucket: "alice", rights: ["put"] as const };
    const { signed } = await start({ keys: [owner, writer] });
    await signed("/alice/a", put());
    const headers = { "x-amz-copy-source": "/alice/a" };
    expect(await verdict(signed("/alice/b", { method: "PUT", headers }, writer))).toBe("403 AccessDenied");
  });

  test("nobody may do anything, unless a place is open for getting", async () => {
    const { server, signed } = await start({ anonymous: [{ bucket: "alice", prefix: "open/" }] });
    await signed("/alice/open/a", put());
    await signed("/alice/closed", put());
    const as = (path: string, init: RequestInit = {}): Promise<string> => verdict(fetch(`${server.url}${path}`, init));
    expect(await as("/alice/open/a")).toBe("200");
    expect(await as("/alice/open/none")).toBe("403 AccessDenied");
    expect(await as("/alice/closed")).toBe("403 AccessDenied");
    expect(await as("/alice?list-type=2&prefix=open/")).toBe("403 AccessDenied");
    expect(await as("/alice/open/a", put())).toBe("403 AccessDenied");
    expect(await as("/alice/open/a", { method: "DELETE" })).toBe("403 AccessDenied");
    expect(await as("/")).toBe("403 AccessDenied");
    expect(await as("/alice?delete", { method: "POST", body: "<Delete/>" })).toBe("403 AccessDenied");
  });

  test("a host may name the bucket", async () => {
    const { server, signed } = await start({ domain: "s3.test" });
    await signed("/alice/a/b", put("content"));
    const signer = new AwsClient({ ...owner, service: "s3", region: "us-east-1" });
    const { headers } = await signer.sign("http://alice.s3.test/a/b");
    const { request } = await import("node:http");
    const text = await new Promise<string>((resolve, reject) => {
      const options = { headers: { ...Object.fromEntries(headers), host: "alice.s3.test" } };
      request(`${server.url}/a/b`, options, (response) => response.on("data", (part: Buffer) => resolve(part.toString())))
        .on("error", reject)
        .end();
    });
    expect(text).toBe("content");
  });
});
