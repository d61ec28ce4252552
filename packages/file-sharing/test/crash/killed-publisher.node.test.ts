import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LogEntry, parseProfile, startS3Server } from "@cweb/s3-server";
import { openNodeStore } from "@cweb/storage-local/node";
import type { S3Location } from "@cweb/storage-remote";
import { s3LiteReader, s3LiteWriter } from "@cweb/storage-remote/s3-lite";
import { afterAll, describe, expect, test } from "vitest";
import { FilePublisher, openFile, parseFileReference } from "../../src/index.ts";
import { content, createHome, crypto, expectBytes, owner } from "../support/home.ts";

const root = mkdtempSync(join(tmpdir(), "cweb-killed-publisher-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const program = fileURLToPath(new URL("publisher.ts", import.meta.url));
const chunk = 2 ** 16;
const chunks = 48;
const parallel = 4;

/** The last line that the child printed, once it has ended or was killed after so many lines. */
async function lastLine(arguments_: object, killAfter: number | undefined): Promise<string> {
  const flags = ["--experimental-strip-types", "--no-warnings", "--conditions=@cweb/source"];
  const child = spawn(process.execPath, [...flags, program, JSON.stringify(arguments_)], { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  let complaints = "";
  child.stderr.on("data", (part) => (complaints += part));
  child.stdout.on("data", (part) => {
    printed += part;
    if (killAfter !== undefined && printed.split("\n").length > killAfter) child.kill("SIGKILL");
  });
  await once(child, "close");
  expect(complaints).toBe("");
  return printed.trim().split("\n").at(-1) ?? "";
}

describe("an upload whose process is killed again and again", () => {
  test.each([
    ["missing=404", [3, 14, 30, undefined]],
    ["missing=403,cut=0.05,slowDown=0.1,seed=3", [5, undefined]],
  ])("to a store with %s ends whole, and hardly a chunk is sent twice", { timeout: 60_000 }, async (profile, deaths) => {
    const folder = mkdtempSync(join(root, "run-"));
    const log: LogEntry[] = [];
    const server = await startS3Server({
      dataDir: join(folder, "server"),
      durable: false,
      profile: parseProfile(profile),
      log: (entry) => log.push(entry),
    });
    const { bucket, read, write } = await server.addMailbox("alice");
    const place = { endpoint: server.url, region: "us-east-1", bucket, prefix: "", pathStyle: true };
    const bytes = content(chunks * chunk);
    const file = join(folder, "film");
    writeFileSync(file, bytes);
    const store = join(folder, "home.db");
    const location: S3Location = { ...place, credentials: write };
    let line = "";
    let kills = 0;
    for (const killAfter of deaths) {
      line = await lastLine({ store, file, location }, killAfter);
      if (!line.startsWith("cweb-file:")) kills++;
    }
    expect(kills).toBeGreaterThanOrEqual(1);
    const stored = log.filter(({ method, status }) => method === "PUT" && status === 200);
    expect(new Set(stored.map(({ path }) => path)).size).toBe(chunks + 1);
    expect(stored.length).toBeLessThanOrEqual(chunks + 1 + kills * parallel + log.filter(({ status }) => status !== 200).length);
    const home = createHome();
    const from = s3LiteReader({ ...place, credentials: read });
    const opened = await openFile(parseFileReference(line), { from, crypto, clock: home.clock, random: home.random });
    expectBytes(await opened.read({ offset: 0, length: bytes.length }), bytes);
    const local = await openNodeStore(store);
    const publisher = new FilePublisher({ local, writer: s3LiteWriter(location), crypto, random: home.random, clock: home.clock, owner });
    const [only, ...others] = await publisher.list();
    expect(others).toEqual([]);
    expect(only).toMatchObject({ state: "published", done: bytes.length });
    await local.close();
    await server.close();
  });
});
