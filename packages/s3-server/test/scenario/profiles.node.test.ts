import { describe, expect, test } from "vitest";
import { parseProfile } from "../../src/index.ts";
import { putChunked } from "../support/chunked.ts";
import { owner, reader, type Started, start, verdict } from "../support/started.ts";

const as = (profile: string): Promise<Started> => start({ profile: parseProfile(profile) });
const put = (started: Started, name: string, headers: Record<string, string> = {}): Promise<string> =>
  verdict(started.signed(`/alice/${name}`, { method: "PUT", body: name, headers }));

describe("provider profiles", { timeout: 20_000 }, () => {
  test("missing=404: readers see that nothing is there", async () => {
    const { signed } = await as("missing=404");
    expect(await verdict(signed("/alice/none", {}, reader))).toBe("404 NoSuchKey");
  });

  test("missing=403: as AWS, who may list still gets 404", async () => {
    const { signed } = await as("missing=403");
    expect(await verdict(signed("/alice/none", {}, reader))).toBe("403 AccessDenied");
    expect(await verdict(signed("/alice/none"))).toBe("404 NoSuchKey");
  });

  test("condPut=501: conditional writes are refused, others are not", async () => {
    const started = await as("condPut=501");
    expect(await put(started, "a", { "if-none-match": "*" })).toBe("501 NotImplemented");
    expect(await put(started, "a", { "if-match": '"0"' })).toBe("501 NotImplemented");
    expect(await put(started, "a")).toBe("200");
  });

  test("condPut=ignored: conditions are as if they were not there", async () => {
    const started = await as("condPut=ignored");
    expect(await put(started, "a")).toBe("200");
    expect(await put(started, "a", { "if-none-match": "*" })).toBe("200");
    expect(await put(started, "a", { "if-match": '"0"' })).toBe("200");
  });

  test.each(["quoted", "unquoted"] as const)("ifMatch=%s: only that form of the ETag fits", async (form) => {
    const started = await as(`ifMatch=${form}`);
    await put(started, "a");
    const quoted = (await started.signed("/alice/a", { method: "HEAD" })).headers.get("etag") ?? "";
    const bare = quoted.replaceAll('"', "");
    const [right, wrong] = form === "quoted" ? [quoted, bare] : [bare, quoted];
    expect(await put(started, "a", { "if-match": wrong })).toBe("412 PreconditionFailed");
    expect(await put(started, "a", { "if-match": right })).toBe("200");
  });

  test("reader=get+list: readers can list", async () => {
    const { signed } = await as("reader=get+list");
    expect(await verdict(signed("/alice?list-type=2", {}, reader))).toBe("200");
    expect(await verdict(signed("/alice/none", {}, reader))).toBe("404 NoSuchKey");
    expect(await verdict(signed("/alice/a", { method: "PUT", body: "1" }, reader))).toBe("403 AccessDenied");
  });

  test("trailers=411: bodies with a trailer are refused, others are not", async () => {
    const started = await as("trailers=411");
    const upload = { url: `${started.server.url}/alice/a`, key: owner, chunks: [Buffer.from("x")] };
    const payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    expect((await putChunked({ ...upload, payload, trailers: { "x-amz-checksum-crc32": "AAAAAA==" } })).status).toBe(411);
    expect((await putChunked({ ...upload, payload: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" })).status).toBe(200);
  });

  test("writeRate=1: a second write within a second to one object gets 429, to another not", async () => {
    let now = Date.now();
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    const started = await start({ clock, profile: parseProfile("writeRate=1") });
    expect(await put(started, "a")).toBe("200");
    expect(await put(started, "a")).toBe("429 TooManyRequests");
    expect(await put(started, "b")).toBe("200");
    now += 1000;
    expect(await put(started, "a")).toBe("200");
  });

  test("slowDown: about that share of requests gets 503, the same ones for the same seed", async () => {
    const statuses = async (): Promise<number[]> => {
      const { signed } = await as("slowDown=0.3,seed=7");
      const all: number[] = [];
      for (let n = 0; n < 60; n++) {
        const response = await signed("/alice/none");
        await response.text();
        all.push(response.status);
      }
      return all;
    };
    const first = await statuses();
    const slow = first.filter((status) => status === 503).length;
    expect(slow).toBeGreaterThan(8);
    expect(slow).toBeLessThan(32);
    expect(await statuses()).toEqual(first);
  });

  test("latency: each answer waits", async () => {
    const slept: number[] = [];
    const clock = { now: () => Date.now(), sleep: (ms: number) => Promise.resolve(void slept.push(ms)) };
    const { signed } = await start({ clock, profile: parseProfile("latency=250") });
    slept.length = 0;
    await (await signed("/alice/none")).text();
    expect(slept).toEqual([250]);
  });

  test("cut: connections break, but every object is whole", async () => {
    const started = await start();
    const content = "x".repeat(5000);
    await started.signed("/alice/whole", { method: "PUT", body: content });
    await started.server.close();
    const cutting = await start({ dataDir: started.dataDir, profile: parseProfile("cut=0.5,seed=3") }).catch(() => undefined);
    // Making the bucket may be cut too; another seed would do as well.
    expect(cutting).toBeDefined();
    if (!cutting) return;
    let broken = 0;
    for (let n = 0; n < 40; n++) {
      await cutting
        .signed("/alice/whole")
        .then(async (r) => expect(await r.text()).toBe(content))
        .catch((cause: unknown) => {
          if (!(cause instanceof TypeError)) throw cause;
          broken += 1;
        });
      await cutting.signed(`/alice/new-${n}`, { method: "PUT", body: content }).catch(() => undefined);
    }
    expect(broken).toBeGreaterThan(8);
    expect(broken).toBeLessThan(32);
    await cutting.server.close();
    const { signed } = await start({ dataDir: started.dataDir });
    const outcomes = new Set<string>();
    for (let n = 0; n < 40; n++)
      outcomes.add(
        await (await signed(`/alice/new-${n}`)).text().then((t) => (t === content ? "whole" : (/<Code>(\w+)/.exec(t)?.[1] ?? t))),
      );
    expect([...outcomes].sort()).toEqual(["NoSuchKey", "whole"]);
  });
});
