import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Person, s3Pair } from "../support/cli.ts";
import { chunk, type Life, lifeUntil, pairOverLink, parallel, randomFile, repeated, sha256Of, transfers } from "../support/transfers.ts";

const isLong = process.env.CWEB_LONG === "1";

test("a transfer killed again and again sends at most one chunk again for each request under way", async () => {
  const { folder, store, ada, ben } = await s3Pair();
  const size = 18 * chunk + 12_345;
  const file = randomFile(folder, "film.bin", size);
  const out = join(folder, "out");
  const count = (method: "GET" | "PUT"): number => transfers(store.log, method).length;
  // Each life comes some chunks further, and loses what is under way.
  const inShortLives = async (one: Person, args: readonly string[], method: "GET" | "PUT"): Promise<Life & { readonly kills: number }> => {
    for (let kills = 0; ; kills++) {
      const goal = count(method) + 4 + (kills % 7);
      const life = await lifeUntil(one, args, () => count(method) >= goal);
      if (life.code !== null) return { ...life, kills };
      expect(existsSync(out)).toBe(false);
    }
  };
  const shared = await inShortLives(ada, ["share", file, "ben"], "PUT");
  expect([shared.code, shared.stderr]).toEqual([0, ""]);
  expect(shared.kills).toBeGreaterThanOrEqual(3);
  expect(repeated(transfers(store.log, "PUT"))).toBeLessThanOrEqual(shared.kills * parallel);

  const [message] = await ben.messages(1);
  expect(message).toMatchObject({ kind: "file", from: "ada", file: { name: "film.bin", size } });
  store.log.length = 0;
  const fetched = await inShortLives(ben, ["fetch", String(message?.id), "--out", out], "GET");
  expect([fetched.code, fetched.stderr]).toEqual([0, ""]);
  expect(fetched.kills).toBeGreaterThanOrEqual(3);
  // One root for each life, and what was under way.
  expect(repeated(transfers(store.log, "GET"))).toBeLessThanOrEqual(fetched.kills * (parallel + 1));
  expect(fetched.lines.at(-1)).toEqual({ type: "fetched", path: out, size, sha256: sha256Of(file) });
  expect(sha256Of(out)).toBe(sha256Of(file));
  expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
}, 240_000);

test(
  `both sides killed at random moments over a link that cuts connections end with identical bytes (${isLong ? "1 GiB" : "64 MiB"})`,
  async () => {
    const size = (isLong ? 1024 : 64) * chunk;
    const { folder, store, link, ada, ben } = await pairOverLink({
      cutAround: 12 * chunk,
      latency: 2,
      seed: 11,
      ...(isLong ? {} : { bytesPerSecond: 24 * chunk }),
    });
    const file = randomFile(folder, "both.bin", size);
    const out = join(folder, "both.out");
    const mostKills = isLong ? 24 : 6;
    let state = 5;
    // 0.4 to 1.9 s: from before the home is open to the middle of many chunks.
    const delay = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return 400 + (state % 1500) * (isLong ? 4 : 1);
    };
    const untilDone = async (one: typeof ada, args: readonly string[]): Promise<number> => {
      for (let kills = 0; ; kills++) {
        const end = kills < mostKills ? performance.now() + delay() : Number.POSITIVE_INFINITY;
        const { code, stderr } = await lifeUntil(one, args, () => performance.now() >= end);
        if (code === 0) return kills;
        // Nothing but a kill and a bad network.
        if (code !== null) expect([code, stderr.includes('"retryable":true')]).toEqual([75, true]);
        expect(existsSync(out)).toBe(false);
      }
    };
    const bound = (kills: number): number => (kills + 1) * parallel + 2 * link.cuts;

    const uploadKills = await untilDone(ada, ["share", file, "ben"]);
    expect(repeated(transfers(store.log, "PUT"))).toBeLessThanOrEqual(bound(uploadKills));
    const [message] = await ben.messages(1);
    store.log.length = 0;
    const downloadKills = await untilDone(ben, ["fetch", String(message?.id), "--out", out]);
    expect(repeated(transfers(store.log, "GET"))).toBeLessThanOrEqual(bound(downloadKills) + downloadKills);
    expect([statSync(out).size, sha256Of(out)]).toEqual([size, sha256Of(file)]);
    expect(link.cuts).toBeGreaterThan(0);
    expect([uploadKills, downloadKills].every((kills) => kills > 0)).toBe(true);
  },
  isLong ? 1_800_000 : 240_000,
);
