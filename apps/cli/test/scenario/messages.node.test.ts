import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cweb, type Line, s3Pair, sharedPair, start } from "../support/cli.ts";

const only = (lines: readonly Line[], type: string): readonly Line[] => lines.filter((line) => line.type === type);

describe("send and receive", () => {
  const { ada, ben } = sharedPair();

  test("a conversation while the other is away, and what became of each message", async () => {
    const { store, ada, ben } = await s3Pair();
    const [one] = await ada.ok(["send", "ben", "one"]);
    const [two] = await ada.ok(["send", "ben", "two"]);
    expect(one).toEqual({ type: "sent", id: expect.stringMatching(/^[0-9a-f-]{36}$/), to: "ben", state: "published" });
    const got = await ben.messages(2);
    expect(got.map(({ id, text }) => [id, text])).toEqual([
      [one?.id, "one"],
      [two?.id, "two"],
    ]);
    expect(got[0]).toEqual({ type: "message", kind: "session", id: one?.id, from: "ada", text: "one", sentAt: expect.any(Number) });
    await ben.ok(["send", "ada", "-"], { input: "three\nlines\nüñí 🐟\n" });
    const back = await ada.ok(["receive"]);
    expect(only(back, "message")[0]?.text).toBe("three\nlines\nüñí 🐟\n");
    expect(only(back, "delivered").map(({ id, to }) => [id, to])).toEqual([
      [one?.id, "ben"],
      [two?.id, "ben"],
    ]);
    expect(only(back, "session-started")).toEqual([{ type: "session-started", contact: "ben", message: expect.any(String) }]);
    expect((await ada.ok(["receive"])).length).toBe(0);
    expect(store.log.filter(({ query }) => query.includes("list-type"))).toEqual([]);
  });

  test("an idle poll is one GET for each contact, as the log of the server counts", async () => {
    const { store, ada, ben } = await s3Pair();
    await ada.ok(["send", "ben", "one"]);
    await ben.messages(1);
    await ben.ok(["send", "ada", "two"]);
    await ada.messages(1);
    await ada.ok(["receive"]);
    const before = store.log.length;
    const requests = join(ada.home, "requests.log");
    await ada.ok(["--requests", requests, "receive"]);
    const seen = store.log.slice(before).map(({ method, bucket }) => `${method} ${bucket}`);
    // The beacon is asked for once a process.
    expect(seen.sort()).toEqual(["GET ada", "GET ben"]);
    const lines = readFileSync(requests, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ op, kind }) => [op, kind]).sort()).toEqual([
      ["get", "beacon"],
      ["get", "message"],
    ]);
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(["at", "op", "kind", "store", "path", "result", "bytes"]);
      expect(line.store).toMatch(/bucket (ada|ben)/);
    }
  });

  test("status counts all requests since init, as the server's log does", async () => {
    const { store, ada, ben } = await s3Pair();
    await ada.ok(["send", "ben", "one"]);
    await ben.messages(1);
    const keyOf = (name: string): string => JSON.parse(readFileSync(join(name, "storage.json"), "utf8"));
    const profile = keyOf(ada.home) as unknown as { write: { accessKeyId: string }; read: { accessKeyId: string } };
    const benProfile = keyOf(ben.home) as unknown as { read: { accessKeyId: string } };
    const status = await ada.status();
    // Ada writes and reads with her own keys, and reads Ben's bucket with his reading key, which he does not use himself.
    const hers = store.log.filter(
      ({ accessKeyId, bucket }) =>
        accessKeyId === profile.write.accessKeyId || (bucket === "ben" && accessKeyId === benProfile.read.accessKeyId),
    );
    const count = (method: string): number => hers.filter((entry) => entry.method === method).length;
    const requests = status.requests as Record<string, number>;
    // The trial of `init` read her bucket once with her reading key; so did Ben with hers in his rounds. His trial read his own once.
    expect([requests.get, requests.put, requests.delete, requests.list]).toEqual([count("GET"), count("PUT"), count("DELETE"), 0]);
    expect(requests.bytesOut).toBeGreaterThan(100_000);
  });

  test("--id is never sent twice", async () => {
    const id = randomUUID();
    const sent = [];
    for (let i = 0; i < 3; i++) sent.push(...(await ada.ok(["send", "ben", `try ${i}`, "--id", id.toUpperCase()])));
    expect(sent.map((line) => [line.id, line.state])).toEqual([1, 2, 3].map(() => [id, "published"]));
    await ada.ok(["send", "ben", "after"]);
    expect((await ben.messages(2)).map(({ text }) => text)).toEqual(["try 0", "after"]);
    expect(await ben.messages(1)).toEqual([]);
  });

  test("what cannot be sent is refused, and nothing is half done", async () => {
    expect((await ada.run(["send", "nobody", "x"])).errors[0]).toMatchObject({ code: "unknown-contact", retryable: false });
    expect((await ada.run(["send", "nobody", "x"])).code).toBe(1);
    const large = await ada.run(["send", "ben", "-"], { input: "x".repeat(57_345) });
    expect([large.code, large.errors[0]?.code]).toEqual([1, "too-large"]);
    expect(large.errors[0]?.message).toContain("57344");
    const wild = await ada.run(["send", "ben", "-"], { input: Uint8Array.of(0xff, 0xfe) });
    expect([wild.code, wild.errors[0]?.code]).toEqual([1, "bad-text"]);
    expect(await ada.status()).toMatchObject({ outbox: { queued: 0 } });
    const largest = await ada.ok(["send", "ben", "-"], { input: "x".repeat(57_344) });
    expect(largest[0]).toMatchObject({ state: "published" });
    expect((await ben.messages(1)).map(({ text }) => String(text).length)).toEqual([57_344]);
  });

  test("texts that look like options are texts behind --", async () => {
    await ada.ok(["send", "ben", "-5 degrees"]);
    await ada.ok(["send", "--", "ben", "--json"]);
    await ada.ok(["send", "ben", ""]);
    expect((await ben.messages(3)).map(({ text }) => text)).toEqual(["-5 degrees", "--json", ""]);
  });

  test("a line of JSON is one line for readers that split at Unicode's line ends, too", async () => {
    const text = "a\u2028b\u2029c\u0085d";
    await ada.ok(["send", "ben", text]);
    const { stdout, lines } = await ben.run(["receive"]);
    expect(lines.flatMap((line) => line.text ?? [])).toEqual([text]);
    expect(stdout).not.toMatch(/[\u0085\u2028\u2029]/);
  });

  test("control characters of strangers do not reach the terminal", async () => {
    await ada.ok(["send", "ben", "\u001b[2Jboo\u202e!"]);
    const shown = await cweb(["--home", ben.home, "receive"]);
    expect(shown.stdout).toContain("boo");
    expect([...shown.stdout].filter((one) => one === "\u001b" || one === "\u202e")).toEqual([]);
  });
});

describe("without a network", () => {
  test("send queues, flush publishes and says so once", async () => {
    const { store, ada, ben } = await s3Pair();
    await ada.ok(["send", "ben", "zero"]);
    await store.stop();
    const first = await ada.run(["send", "ben", "one"]);
    const second = await ada.run(["send", "ben", "two"]);
    expect([first.code, second.code]).toEqual([0, 0]);
    expect([first.lines[0]?.state, second.lines[0]?.state]).toEqual(["queued", "queued"]);
    expect(first.errors[0]).toMatchObject({ code: "storage-unreachable", retryable: true });
    expect(await ada.status()).toMatchObject({ outbox: { queued: 2 } });
    const failed = await ada.run(["flush"]);
    expect([failed.code, failed.stdout]).toEqual([75, ""]);
    const alone = await ada.run(["receive"]);
    expect([alone.code, alone.errors[0]?.code]).toEqual([75, "storage-unreachable"]);
    await store.restart();
    const flushed = await ada.ok(["flush"]);
    expect(flushed).toEqual([
      { type: "sent", id: first.lines[0]?.id, to: "ben", state: "published" },
      { type: "sent", id: second.lines[0]?.id, to: "ben", state: "published" },
    ]);
    expect(await ada.ok(["flush"])).toEqual([]);
    expect(await ada.status()).toMatchObject({ outbox: { queued: 0 } });
    expect((await ben.messages(3)).map(({ text }) => text)).toEqual(["zero", "one", "two"]);
  });

  test("a first message waits for its slot", async () => {
    const { store, ada, ben } = await s3Pair();
    await store.stop();
    const [sent] = (await ada.run(["send", "ben", "first"])).lines;
    expect(sent?.state).toBe("queued");
    await store.restart();
    expect((await ada.ok(["flush"])).map(({ id, state }) => [id, state])).toEqual([[sent?.id, "published"]]);
    expect((await ben.messages(1)).map(({ id }) => id)).toEqual([sent?.id]);
  });

  test("one contact's broken store hides no other's messages", async () => {
    const { store, folder, ada, ben } = await s3Pair();
    const { startStore, person } = await import("../support/cli.ts");
    const other = await startStore();
    const carla = await person(folder, "carla", await other.mailbox("carla"));
    await ada.ok(["add", await carla.card(), "--as", "carla"]);
    await other.stop();
    await ben.ok(["send", "ada", "hello"]);
    const result = await ada.run(["receive"]);
    expect(result.code).toBe(0);
    expect(only(result.lines, "message").map(({ text }) => text)).toEqual(["hello"]);
    expect(result.errors).toEqual([expect.objectContaining({ code: "storage-unreachable", retryable: true, contact: "carla" })]);
    expect(store.log.length).toBeGreaterThan(0);
  });
});

describe("broadcast", () => {
  const { ada, ben } = sharedPair();

  test("is one-off and needs no session", async () => {
    const [sent] = await ada.ok(["broadcast", "ben", "hear, hear"]);
    expect(sent).toEqual({ type: "sent", kind: "broadcast", id: expect.any(String), to: "ben", state: "published" });
    const [got] = await ben.messages(1);
    expect(got).toMatchObject({ kind: "broadcast", id: sent?.id, text: "hear, hear", from: "ada" });
    expect((await ada.status()).slots).toEqual({ used: 1, queued: 0 });
    const large = await ada.run(["broadcast", "ben", "-"], { input: "x".repeat(60_000) });
    expect([large.code, large.errors[0]?.code]).toEqual([1, "too-large"]);
  });
});

describe("receive", () => {
  const { ada, ben } = sharedPair();

  test("--timeout waits for what arrives", async () => {
    const begun = Date.now();
    const waiting = ben.run(["receive", "--timeout", "30", "--interval", "0.2"]);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await ada.ok(["send", "ben", "at last"]);
    const result = await waiting;
    expect([result.code, only(result.lines, "message")[0]?.text]).toEqual([0, "at last"]);
    expect(Date.now() - begun).toBeLessThan(20_000);
    const idle = Date.now();
    expect(await ben.ok(["receive", "--timeout", "1"])).toEqual([]);
    expect(Date.now() - idle).toBeGreaterThan(900);
  });

  test("--watch prints rounds until SIGINT, and ends at once", async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const child = start(["--home", ben.home, "--json", "receive", "--watch", "--interval", "0.2"]);
      let out = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
      await ada.ok(["send", "ben", `watch ${signal}`]);
      const idleRounds = (): number => out.slice(out.indexOf(`watch ${signal}`)).split('"type":"round"').length - 2;
      while (!out.includes(`watch ${signal}`) || idleRounds() < 2) await once(child.stdout, "data");
      const begun = Date.now();
      child.kill(signal);
      const [code] = await once(child, "close");
      expect(code).toBe(0);
      expect(Date.now() - begun).toBeLessThan(1000);
      const lines = out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Line);
      const rounds = only(lines, "round");
      expect(rounds.map(({ n }) => n)).toEqual(rounds.map((_, i) => i + 1));
      expect(Object.keys(rounds[0]?.requests as object)).toEqual(["get", "put", "delete", "list"]);
      // The round that finds the message asks for the next one, too.
      const gets = rounds.map((line) => (line.requests as { get: number }).get);
      expect([Math.min(...gets.slice(1)), gets.every((n) => n <= 4)]).toEqual([1, true]);
    }
    expect(await ben.messages(1)).toEqual([]);
  });

  test("a reader that goes away loses nothing", async () => {
    for (let i = 0; i < 3; i++) await ada.ok(["send", "ben", `text ${i}`]);
    const child = start(["--home", ben.home, "--json", "receive"]);
    child.stdout.destroy();
    const [code] = await once(child, "close");
    expect(code).toBe(75);
    const got = await ben.messages(3);
    expect(got.map(({ text }) => text)).toEqual(["text 0", "text 1", "text 2"]);
  });

  test("standard output that is full loses nothing", async () => {
    if (!existsSync("/dev/full")) return;
    await ada.ok(["send", "ben", "precious"]);
    const { spawnSync } = await import("node:child_process");
    const bin = new URL("../../bin/cweb.mjs", import.meta.url).pathname;
    const full = spawnSync("sh", ["-c", `"${process.execPath}" "${bin}" --home "${ben.home}" --json receive > /dev/full`], {
      encoding: "utf8",
    });
    expect(full.status).toBe(1);
    expect(full.stderr).toContain("output-failed");
    expect((await ben.messages(1)).map(({ text, redelivered }) => [text, redelivered])).toEqual([["precious", true]]);
  });
});

describe("status", () => {
  const { ada, ben } = sharedPair();

  test("has every field of the contract", async () => {
    await ada.ok(["send", "ben", "x"]);
    const status = await ada.status();
    expect(Object.keys(status)).toEqual(["type", "id", "outbox", "slots", "requests", "contacts"]);
    expect(Object.keys(status.requests as object)).toEqual(["get", "put", "delete", "list", "head", "bytesIn", "bytesOut"]);
    const [contact] = status.contacts as readonly Record<string, unknown>[];
    expect(contact).toEqual({
      name: "ben",
      id: expect.any(String),
      verified: false,
      session: "initiated",
      queued: 0,
      unacknowledged: 1,
      lastHeardAt: null,
      missing: [],
      alarms: [],
    });
    await ben.messages(1);
    expect(((await ben.status()).contacts as readonly Record<string, unknown>[])[0]).toMatchObject({
      session: "established",
      lastHeardAt: expect.any(Number),
    });
  });

  test("the shifted clock is told on standard error, and moves the protocol alone", async () => {
    const { ada } = await s3Pair();
    const result = await ada.run(["receive"], { env: { CWEB_CLOCK_OFFSET_MS: String(3 * 24 * 3600 * 1000) } });
    expect(result.code).toBe(0);
    expect(result.errors).toEqual([expect.objectContaining({ code: "clock-offset" })]);
    expect((await ada.run(["status"], { env: { CWEB_CLOCK_OFFSET_MS: "soon" } })).code).toBe(2);
  });
});
