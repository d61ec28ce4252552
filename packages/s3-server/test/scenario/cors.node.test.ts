import { DeleteBucketCorsCommand, GetBucketCorsCommand, PutBucketCorsCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { type Started, start, verdict } from "../support/started.ts";

const preflight = (started: Started, origin: string, method: string, headers = "authorization,if-none-match"): Promise<Response> =>
  fetch(`${started.server.url}/alice/a`, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": method, "access-control-request-headers": headers },
  });

describe("pages of other origins", () => {
  test("may send any request by default, which need a signature all the same", async () => {
    const started = await start();
    const answer = await preflight(started, "http://app.example", "PUT");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("access-control-allow-headers")).toBe("authorization, if-none-match");
    expect(Number(answer.headers.get("access-control-max-age"))).toBeGreaterThan(3600);
    await started.signed("/alice/a", { method: "PUT", body: "1" });
    const got = await started.signed("/alice/a", { headers: { origin: "http://app.example" } });
    expect(got.headers.get("access-control-expose-headers")).toContain("ETag");
    const same = await started.signed("/alice/a", {
      headers: { origin: "http://app.example", "if-none-match": got.headers.get("etag") ?? "" },
    });
    expect([same.status, same.headers.get("access-control-allow-origin")]).toEqual([304, "*"]);
    const refused = await fetch(`${started.server.url}/alice/a`, { headers: { origin: "http://app.example" } });
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([403, "*"]);
  });

  test("are held to a bucket's own rules", async () => {
    const started = await start();
    const client = started.sdk();
    const rule = {
      AllowedOrigins: ["http://*.example"],
      AllowedMethods: ["GET"],
      AllowedHeaders: ["*"],
      ExposeHeaders: ["ETag"],
      MaxAgeSeconds: 60,
    };
    await client.send(new PutBucketCorsCommand({ Bucket: "alice", CORSConfiguration: { CORSRules: [rule] } }));
    expect((await client.send(new GetBucketCorsCommand({ Bucket: "alice" }))).CORSRules).toEqual([rule]);
    const allowed = await preflight(started, "http://app.example", "GET");
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([200, "http://app.example"]);
    expect(allowed.headers.get("vary")).toBe("Origin");
    expect(await verdict(preflight(started, "http://app.example", "PUT"))).toBe("403 AccessDenied");
    expect(await verdict(preflight(started, "http://evil.test", "GET"))).toBe("403 AccessDenied");
    const other = await started.signed("/alice/a", { headers: { origin: "http://evil.test" } });
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
    await client.send(new DeleteBucketCorsCommand({ Bucket: "alice" }));
    await expect(client.send(new GetBucketCorsCommand({ Bucket: "alice" }))).rejects.toMatchObject({ name: "NoSuchCORSConfiguration" });
  });

  test("may do nothing where the server says so and the bucket has no rules", async () => {
    const started = await start({ cors: "bucket" });
    expect(await verdict(preflight(started, "http://app.example", "GET"))).toBe("403 AccessDenied");
  });

  test("rules that make no sense are refused", async () => {
    const { signed } = await start();
    const put = (rule: string): Promise<string> => {
      const body = `<CORSConfiguration><CORSRule>${rule}</CORSRule></CORSConfiguration>`;
      return verdict(signed("/alice?cors", { method: "PUT", body }));
    };
    const origin = "<AllowedOrigin>*</AllowedOrigin>";
    expect(await put(origin)).toBe("400 MalformedXML");
    expect(await put(`${origin}<AllowedMethod>BREW</AllowedMethod>`)).toBe("400 MalformedXML");
    expect(await put("<AllowedOrigin>a\r\nx: y</AllowedOrigin><AllowedMethod>GET</AllowedMethod>")).toBe("400 MalformedXML");
    expect(await put(`${origin}<AllowedMethod>GET</AllowedMethod>`)).toBe("200");
  });
});
