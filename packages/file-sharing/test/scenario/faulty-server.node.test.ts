import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogEntry, parseProfile, startS3Server } from "@cweb/s3-server";
import type { LocalStore } from "@cweb/storage-local";
import { openNodeStore } from "@cweb/storage-local/node";
import { crashAt, SimulatedCrash } from "@cweb/storage-local/testing";
import type { S3Location } from "@cweb/storage-remote";
import { s3LiteReader, s3LiteWriter } from "@cweb/storage-remote/s3-lite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytesSource, type FileReference, type FileSharingError, openFile } from "../../src/index.ts";
import { folderTarget } from "../../src/node.ts";
import { collect } from "../support/collect.ts";
import { downloader, mortal } from "../support/downloads.ts";
import { content, createHome, crypto, expectBytes } from "../support/home.ts";

const kib = 1024;
const parallel = 4;
let folder = "";
let closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cweb-faulty-"));
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
  await rm(folder, { recursive: true });
});

/** A server that goes wrong as `profile` says, with a bucket for its owner and one who may only get. */
async function server(profile: string) {
  const log: LogEntry[] = [];
  const settings = { dataDir: join(folder, "server"), durable: false, profile: parseProfile(profile) };
  const running = await startS3Server({ ...settings, log: (entry) => log.push(entry) });
  closing.push(() => running.close());
  const { bucket, read, write } = await running.addMailbox("alice");
  const place = { endpoint: running.url, region: "us-east-1", bucket, prefix: "", pathStyle: true } satisfies Partial<S3Location>;
  return { log, reader: s3LiteReader({ ...place, credentials: read }), writer: s3LiteWriter({ ...place, credentials: write }) };
}

async function shared(on: Awaited<ReturnType<typeof server>>, bytes: Uint8Array): Promise<FileReference> {
  const home = createHome();
  const publish = () => home.publisher({ writer: on.writer }).publish(bytesSource(bytes), { name: "a.bin", key: "a", chunkLog2: 13 });
  for (let tries = 0; tries < 20; tries++) {
    const file = await publish().catch((error: unknown) => {
      expect(error).toMatchObject({ code: "storage-failed", retryable: true });
    });
    if (file?.reference !== undefined) return file.reference;
  }
  throw new Error("the file was never published");
}

const profiles = ["missing=404,latency=2", "cut=0.15,seed=7", "cut=0.1,slowDown=0.2,latency=2,seed=5"];

describe("a download from a store that goes wrong, by a process that dies again and again", () => {
  test.each(profiles)("%s: ends with identical bytes, one file, and hardly a chunk twice", async (profile) => {
    const bytes = content(500 * kib);
    const on = await server(profile);
    const reference = await shared(on, bytes);
    const local: LocalStore = await openNodeStore(join(folder, "home", "store.db"));
    closing.push(() => local.close());
    const downloads = join(folder, "downloads");
    on.log.length = 0;

    let kills = 0;
    for (let life = 1; ; life++) {
      expect(life).toBeLessThan(60);
      const target = folderTarget(downloads, reference.name, { tag: "x" });
      // The first lives are short.
      const crash = crashAt(life > 12 ? null : { call: 7 + 23 * life, when: life % 2 === 0 ? "after" : "before" });
      const ports = mortal(crash, { local, from: on.reader, to: target });
      const outcome = await downloader(ports.local)
        .download(reference, { from: ports.from, to: ports.to, parallel })
        .catch((error: unknown) => error);
      await target.close();
      if (!(outcome instanceof Error)) break;
      if (outcome instanceof SimulatedCrash) kills++;
      else if ((outcome as FileSharingError).code === "target-exists") break;
      else expect(outcome).toMatchObject({ name: "FileSharingError", code: "storage-failed", retryable: true });
      // Under the final name there is the whole file or nothing.
      const shown = await readFile(join(downloads, "a.bin")).catch(() => undefined);
      if (shown !== undefined) expectBytes(shown, bytes);
    }
    expect(kills).toBeGreaterThan(0);
    expect(await readdir(downloads)).toEqual(["a.bin"]);
    expectBytes(await readFile(join(downloads, "a.bin")), bytes);
    expect(await local.scan("", { limit: 10 })).toEqual([]);

    const whole = on.log.filter(
      ({ method, status, bytesOut }) => method === "GET" && status === 200 && bytesOut > 8 * kib && bytesOut < 20 * kib,
    );
    const distinct = new Set(whole.map(({ path }) => path)).size;
    // Cut answers count as sent by the server's log, so only where it cuts nothing does the bound show.
    if (!profile.includes("cut")) expect(whole.length).toBeLessThanOrEqual(distinct + kills * parallel);
  });

  test.each(profiles)("%s: streams and ranges hand out what was shared, or fail by name", async (profile) => {
    const bytes = content(200 * kib, 2);
    const on = await server(profile);
    const reference = await shared(on, bytes);
    let whole = 0;
    for (let tries = 0; tries < 40 && whole < 3; tries++) {
      try {
        const file = await openFile(reference, {
          from: on.reader,
          crypto,
          clock: createHome().clock,
          random: createHome().random,
          parallel,
        });
        expectBytes(await collect(file.stream({ offset: 777 })), bytes.slice(777));
        expectBytes(await file.read({ offset: 100 * kib - 5, length: 10 }), bytes.slice(100 * kib - 5, 100 * kib + 5));
        whole++;
      } catch (error) {
        expect(error).toMatchObject({ name: "FileSharingError", code: "storage-failed", retryable: true });
      }
    }
    expect(whole).toBe(3);
  });
});
