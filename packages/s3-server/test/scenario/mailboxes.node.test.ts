import { readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createMailbox, S3ServerError, startS3Server } from "../../src/index.ts";
import { cwebS3, startProcess } from "../support/process.ts";
import { start, temporaryDir, verdict } from "../support/started.ts";

describe("mailboxes", () => {
  test("have a write key with all rights and a read key that may only get", async () => {
    const { server, signed } = await start({ keys: [] });
    const { bucket, write, read } = await server.addMailbox("carol");
    expect(bucket).toBe("carol");
    expect(await verdict(signed("/carol/a", { method: "PUT", body: "1" }, write))).toBe("200");
    expect(await verdict(signed("/carol?list-type=2", {}, write))).toBe("200");
    expect(await verdict(signed("/carol/a", {}, read))).toBe("200");
    expect(await verdict(signed("/carol/a", { method: "PUT", body: "2" }, read))).toBe("403 AccessDenied");
    expect(await verdict(signed("/carol?list-type=2", {}, read))).toBe("403 AccessDenied");
    expect(await verdict(signed("/carol/none", {}, read))).toBe("403 AccessDenied");
    const dave = await server.addMailbox("dave");
    for (const key of [write, read]) expect(await verdict(signed("/dave/a", {}, key))).toBe("403 AccessDenied");
    expect(new Set([write, read, dave.write, dave.read].map((k) => k.secretAccessKey)).size).toBe(4);
  });

  test("keep their keys when they are made again", async () => {
    const dataDir = await temporaryDir();
    const first = await createMailbox(dataDir, "carol");
    expect(await createMailbox(dataDir, "carol")).toEqual(first);
    expect((await createMailbox(dataDir, "constructor")).bucket).toBe("constructor");
  });

  test("made at the same moment lose nobody's keys", async () => {
    const dataDir = await temporaryDir();
    const names = Array.from({ length: 8 }, (_, n) => `box-${n % 4}`);
    const made = await Promise.all(names.map((name) => createMailbox(dataDir, name)));
    for (const [n, keys] of made.entries()) expect(await createMailbox(dataDir, names[n] ?? "")).toEqual(keys);
  });

  test("outlive a process that was killed while it held the lock", async () => {
    const dataDir = await temporaryDir();
    const lock = join(dataDir, "keys.lock");
    await writeFile(lock, "");
    await utimes(lock, new Date(), new Date(Date.now() - 6000));
    expect((await createMailbox(dataDir, "carol")).bucket).toBe("carol");
    await writeFile(lock, "");
    let now = Date.now();
    const sleep = async (ms: number): Promise<void> => {
      now += ms;
    };
    const clock = { now: () => now, sleep };
    await utimes(lock, new Date(), new Date(now + 60_000));
    await expect(createMailbox(dataDir, "dave", { clock })).rejects.toMatchObject({ code: "keys-file-busy", retryable: true });
  });

  test("made by another process work on a running server at once", async () => {
    const { dataDir, signed } = await start();
    const { write, read } = await createMailbox(dataDir, "erin");
    expect(await verdict(signed("/erin/a", { method: "PUT", body: "1" }, write))).toBe("200");
    expect(await verdict(signed("/erin/a", {}, read))).toBe("200");
  });

  test("keys are revoked within a second of leaving the file", async () => {
    let now = Date.now();
    const { dataDir, server, signed } = await start({ clock: { now: () => now, sleep: () => Promise.resolve() } });
    const { write } = await server.addMailbox("erin");
    expect(await verdict(signed("/erin?list-type=2", {}, write))).toBe("200");
    const path = join(dataDir, "keys.json");
    const file = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...file, keys: [] }));
    now += 1000;
    expect(await verdict(signed("/erin?list-type=2", {}, write))).toBe("403 InvalidAccessKeyId");
  });

  test("the keys file and the folders are for their owner alone", async () => {
    const { dataDir, server } = await start({ dataDir: join(await temporaryDir(), "deep", "data") });
    await server.addMailbox("erin");
    expect((await stat(join(dataDir, "keys.json"))).mode & 0o777).toBe(0o600);
    for (const folder of [".", "buckets", "tmp", "uploads"]) expect((await stat(join(dataDir, folder))).mode & 0o777).toBe(0o700);
  });

  test.each(["al", "Alice", "../alice", "a..b", "-a-", "", "x".repeat(64)])("refuse the name %j", async (name) => {
    const dataDir = await temporaryDir();
    await expect(createMailbox(dataDir, name)).rejects.toMatchObject({ code: "bad-bucket-name", retryable: false });
  });

  test("a keys file that is damaged stops everything with one clear error, which tells no secret", async () => {
    const dataDir = await temporaryDir();
    const { write } = await createMailbox(dataDir, "erin");
    const path = join(dataDir, "keys.json");
    for (const text of [`{"secret": ${write.secretAccessKey}`, '{"version":2}', '{"version":1,"keys":[{}]}', "[]", "null"]) {
      await writeFile(path, text);
      const failure = await createMailbox(dataDir, "frank").catch((cause: unknown) => cause);
      expect(failure).toBeInstanceOf(S3ServerError);
      expect(failure).toMatchObject({ code: "bad-keys-file" });
      expect(String(failure)).not.toContain(write.secretAccessKey);
    }
    const { signed, failures } = await start({ dataDir });
    expect(await verdict(signed("/erin/a", {}, write))).toBe("500 InternalError");
    expect(failures).toMatchObject([{ code: "bad-keys-file" }]);
  });

  test("a second server on one address is told so", async () => {
    const { server } = await start();
    await expect(start({ port: server.port })).rejects.toMatchObject({ code: "address-in-use" });
  });

  test("a second server in one data directory is refused, until the first has ended or was killed", async () => {
    const dataDir = await temporaryDir();
    const first = await startS3Server({ dataDir });
    await expect(startS3Server({ dataDir })).rejects.toMatchObject({ code: "data-dir-in-use" });
    await createMailbox(dataDir, "meanwhile");
    await first.close();
    const second = await startProcess("--data", dataDir, "--port", "0");
    expect(await cwebS3("--data", dataDir, "--port", "0")).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("stop it first"),
    });
    await second.end("SIGKILL");
    await (await startS3Server({ dataDir })).close();
  });
});
