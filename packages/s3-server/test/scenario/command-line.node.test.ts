import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cwebS3, startProcess } from "../support/process.ts";
import { signerOf, temporaryDir, verdict } from "../support/started.ts";

interface Profile {
  readonly endpoint: string;
  readonly bucket: string;
  readonly read: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly write: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

describe("cweb-s3", { timeout: 30_000 }, () => {
  test("mailbox prints a storage profile, the same each time", async () => {
    const data = await temporaryDir();
    const first = await cwebS3("mailbox", "alice", "--data", data);
    expect([first.code, first.err]).toEqual([0, ""]);
    const profile = JSON.parse(first.out);
    expect(profile).toEqual({
      type: "s3",
      endpoint: "http://127.0.0.1:9000",
      region: "us-east-1",
      bucket: "alice",
      prefix: "cweb/",
      pathStyle: true,
      read: { accessKeyId: expect.any(String), secretAccessKey: expect.any(String) },
      write: { accessKeyId: expect.any(String), secretAccessKey: expect.any(String) },
    });
    expect(profile.read).not.toEqual(profile.write);
    expect((await cwebS3("mailbox", "alice", "--data", data)).out).toBe(first.out);
    const elsewhere = await cwebS3("mailbox", "alice", "--data", data, "--endpoint", "https://s3.example.org/");
    expect(JSON.parse(elsewhere.out)).toEqual({ ...profile, endpoint: "https://s3.example.org" });
  });

  test("serves, takes mailboxes made meanwhile, logs, and ends cleanly on SIGTERM and SIGINT", async () => {
    const data = await temporaryDir();
    const log = join(data, "requests.jsonl");
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const server = await startProcess("--data", data, "--port", "0", "--log", log, "--profile", "missing=404");
      const profile: Profile = JSON.parse((await cwebS3("mailbox", "alice", "--data", data)).out);
      expect(profile.endpoint).toBe(server.url);
      const url = `${server.url}/alice/cweb/one`;
      expect(await verdict(signerOf(profile.write).fetch(url, { method: "PUT", body: "12345" }))).toBe("200");
      expect(await (await signerOf(profile.read).fetch(url)).text()).toBe("12345");
      expect(await verdict(signerOf(profile.read).fetch(`${url}/none`))).toBe("404 NoSuchKey");
      const lines = (await readFile(log, "utf8")).trim().split("\n");
      const base = { at: expect.stringMatching(/^\d{4}-.*Z$/), bucket: "alice", query: "" };
      expect(lines.slice(-3).map((line) => JSON.parse(line))).toEqual([
        { ...base, accessKeyId: profile.write.accessKeyId, method: "PUT", path: "cweb/one", status: 200, bytesIn: 5, bytesOut: 0 },
        { ...base, accessKeyId: profile.read.accessKeyId, method: "GET", path: "cweb/one", status: 200, bytesIn: 0, bytesOut: 5 },
        {
          ...base,
          accessKeyId: profile.read.accessKeyId,
          method: "GET",
          path: "cweb/one/none",
          status: 404,
          bytesIn: 0,
          bytesOut: expect.any(Number),
        },
      ]);
      expect(await server.end(signal)).toBe(0);
    }
  });

  test("wrong usage is told in one sentence with exit code 2", async () => {
    const data = await temporaryDir();
    const cases = [
      [[], "--data DIR"],
      [["--data", data, "--port", "70000"], "0 to 65535"],
      [["--data", data, "--profile", "missing=402"], "403 or 404"],
      [["--data", data, "--nonsense"], "unknown option"],
      [["mailbox", "--data", data], "missing required argument"],
      [["mailbox", "alice"], "--data DIR"],
      [["mailbox", "A", "--data", data], "3 to 63"],
      [["mailbox", "alice", "--data", data, "--endpoint", "nowhere"], "http or https"],
    ] as [string[], string][];
    for (const [args, part] of cases) {
      const { code, out, err } = await cwebS3(...args);
      expect([args, code, out]).toEqual([args, 2, ""]);
      expect(err).toContain(part);
      expect(err).not.toMatch(/\n\s+at /);
    }
  });

  test("a failure is told in one sentence with exit code 1", async () => {
    const data = await temporaryDir();
    await writeFile(join(data, "file"), "");
    const unusable = await cwebS3("mailbox", "alice", "--data", join(data, "file", "data"));
    expect([unusable.code, unusable.err.trim().split("\n").length]).toEqual([1, 1]);
    const { url } = await startProcess("--data", data, "--port", "0");
    const taken = await cwebS3("--data", await temporaryDir(), "--port", new URL(url).port);
    expect([taken.code, taken.err]).toEqual([1, expect.stringContaining("choose another port")]);
  });

  test("--help explains itself", async () => {
    const { code, out } = await cwebS3("--help");
    expect([code, out.includes("mailbox"), out.includes("--profile")]).toEqual([0, true, true]);
  });
});
