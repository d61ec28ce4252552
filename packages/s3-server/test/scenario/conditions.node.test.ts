import { describe, expect, test } from "vitest";
import { type Started, start, verdict } from "../support/started.ts";

async function put(started: Started, body: string, headers: Record<string, string> = {}): Promise<string> {
  return verdict(started.signed("/alice/a", { method: "PUT", body, headers }));
}
async function stored(started: Started): Promise<string> {
  return (await started.signed("/alice/a")).text();
}

describe("conditional reads", () => {
  test("tell that nothing changed, or that something did", async () => {
    const started = await start();
    await put(started, "one");
    const first = await started.signed("/alice/a");
    const etag = first.headers.get("etag") ?? "";
    const modified = first.headers.get("last-modified") ?? "";
    await first.text();
    const get = async (headers: Record<string, string>): Promise<number> => {
      const response = await started.signed("/alice/a", { headers });
      await response.text();
      return response.status;
    };
    expect(await get({ "if-none-match": etag })).toBe(304);
    expect(await get({ "if-none-match": etag.replaceAll('"', "") })).toBe(304);
    expect(await get({ "if-none-match": `"0", ${etag}` })).toBe(304);
    expect(await get({ "if-none-match": "*" })).toBe(304);
    expect(await get({ "if-none-match": '"0"' })).toBe(200);
    expect(await get({ "if-match": etag })).toBe(200);
    expect(await get({ "if-match": '"0"' })).toBe(412);
    expect(await get({ "if-modified-since": modified })).toBe(304);
    expect(await get({ "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT" })).toBe(200);
    expect(await get({ "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT" })).toBe(412);
    expect(await get({ "if-none-match": '"0"', "if-modified-since": modified })).toBe(200);
    const same = await started.signed("/alice/a", { headers: { "if-none-match": etag } });
    expect([same.headers.get("etag"), await same.text()]).toEqual([etag, ""]);
  });
});

describe("conditional writes", { timeout: 20_000 }, () => {
  test("If-None-Match: * stores only where nothing is", async () => {
    const started = await start();
    expect(await put(started, "one", { "if-none-match": "*" })).toBe("200");
    expect(await put(started, "two", { "if-none-match": "*" })).toBe("412 PreconditionFailed");
    expect(await put(started, "two", { "if-none-match": '"0"' })).toBe("501 NotImplemented");
    expect(await stored(started)).toBe("one");
  });

  test("If-Match stores only over that version, quoted or not", async () => {
    const started = await start();
    expect(await put(started, "one", { "if-match": '"0"' })).toBe("404 NoSuchKey");
    await put(started, "one");
    const etag = (await started.signed("/alice/a", { method: "HEAD" })).headers.get("etag") ?? "";
    expect(await put(started, "two", { "if-match": '"00000000000000000000000000000000"' })).toBe("412 PreconditionFailed");
    expect(await put(started, "two", { "if-match": etag })).toBe("200");
    expect(await put(started, "three", { "if-match": etag })).toBe("412 PreconditionFailed");
    const next = (await started.signed("/alice/a", { method: "HEAD" })).headers.get("etag") ?? "";
    expect(await put(started, "three", { "if-match": next.replaceAll('"', "") })).toBe("200");
    expect(await stored(started)).toBe("three");
  });

  test("of 16 racing writers exactly one wins, and its content stands", async () => {
    const started = await start();
    for (let round = 0; round < 5; round++) {
      await started.signed("/alice/a", { method: "DELETE" });
      const contents = Array.from({ length: 16 }, (_, n) => `${round}/${n}`.repeat(1000));
      const verdicts = await Promise.all(contents.map((content) => put(started, content, { "if-none-match": "*" })));
      const won = verdicts.flatMap((v, n) => (v === "200" ? [n] : []));
      expect(won).toHaveLength(1);
      expect(verdicts.filter((v) => v === "412 PreconditionFailed")).toHaveLength(15);
      expect(await stored(started)).toBe(contents[won[0] ?? -1]);
    }
  });

  test("racing writers over one version: exactly one wins", async () => {
    const started = await start();
    await put(started, "zero");
    const etag = (await started.signed("/alice/a", { method: "HEAD" })).headers.get("etag") ?? "";
    const verdicts = await Promise.all(Array.from({ length: 12 }, (_, n) => put(started, `content ${n}`, { "if-match": etag })));
    expect(verdicts.filter((v) => v === "200")).toHaveLength(1);
  });

  test("readers see whole versions while writers replace them", async () => {
    const started = await start();
    const contents = ["a", "b", "c"].map((letter) => letter.repeat(400_000));
    await put(started, contents[0] ?? "");
    let writing = true;
    const writer = (async () => {
      for (let n = 0; n < 30; n++) await put(started, contents[n % 3] ?? "");
      writing = false;
    })();
    let reads = 0;
    while (writing) {
      expect(contents).toContain(await stored(started));
      reads += 1;
    }
    await writer;
    expect(reads).toBeGreaterThan(3);
  });
});
