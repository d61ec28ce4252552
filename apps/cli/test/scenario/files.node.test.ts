import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesSource } from "@cweb/file-sharing";
import { describe, expect, test } from "vitest";
import { withPeer } from "../../src/home.ts";
import { Output } from "../../src/output.ts";
import { acquaint, folderPair, folderProfile, type Line, type Person, person, type Result, s3Pair, start } from "../support/cli.ts";
import { chunk, lifeUntil, pairOverLink, randomFile, sha256, sha256Of, transfers } from "../support/transfers.ts";

const errorsOf = ({ code, errors }: Result): readonly unknown[] => [code, errors.at(-1)?.code];
const only = (lines: readonly Line[], type: string): Line => {
  const found = lines.filter((line) => line.type === type);
  expect(found.length, type).toBe(1);
  return found[0] as Line;
};

/** Shares bytes under a name that no disk here could have. */
function shareAs(one: Person, name: string, bytes: Uint8Array, to: readonly string[]): Promise<string> {
  const context = { home: one.home, requests: undefined, output: new Output(true), clockOffset: 0, storage: undefined };
  const { signal } = new AbortController();
  return withPeer({ ...context, signal }, async (peer) => (await peer.files.share(bytesSource(bytes), { name, to, signal })).reference);
}

describe("a file between two people", () => {
  test("is shared, listed, told of, fetched whole and in part, and taken back", async () => {
    const { folder, ada, ben } = await folderPair();
    const path = join(folder, "notes.txt");
    writeFileSync(path, "The pier, at noon.");
    const hash = sha256(readFileSync(path));

    const shared = only(await ada.ok(["share", path, "ben"]), "shared");
    expect(shared).toMatchObject({ name: "notes.txt", size: 18, to: ["ben"], reference: expect.stringMatching(/^cweb-file:\S+$/) });
    const { fileId, reference } = shared;
    expect(only(await ada.ok(["files"]), "file")).toEqual({
      type: "file",
      fileId,
      reference,
      name: "notes.txt",
      size: 18,
      mime: "text/plain",
      to: ["ben"],
      state: "published",
    });

    const [message] = await ben.messages(1);
    expect(message).toMatchObject({ kind: "file", from: "ada", sentAt: expect.any(Number) });
    expect(message?.file).toEqual({ reference, name: "notes.txt", size: 18, mime: "text/plain" });
    expect(message).not.toHaveProperty("text");

    // By the message, into the home; by the reference, to a file and into a folder.
    const there = join(ben.home, "downloads", "notes.txt");
    expect(only(await ben.ok(["fetch", String(message?.id)]), "fetched")).toEqual({ type: "fetched", path: there, size: 18, sha256: hash });
    mkdirSync(join(folder, "into"));
    for (const [out, at] of [
      [join(folder, "copy"), join(folder, "copy")],
      [join(folder, "into"), join(folder, "into", "notes.txt")],
      [join(folder, ".hidden:1"), join(folder, ".hidden:1")],
    ] as const) {
      expect(only(await ben.ok(["fetch", String(reference), "--out", out]), "fetched").path).toBe(at);
      expect(readFileSync(at, "utf8")).toBe("The pier, at noon.");
    }
    // The owner, too.
    expect(only(await ada.ok(["fetch", String(reference)]), "fetched").sha256).toBe(hash);

    const part = join(folder, "part");
    const ranged = only(await ben.ok(["fetch", String(reference), "--range", "4+4", "--out", part]), "fetched");
    expect([ranged, readFileSync(part, "utf8")]).toEqual([
      { type: "fetched", path: part, size: 4, sha256: sha256(Buffer.from("pier")) },
      "pier",
    ]);

    expect(only(await ada.ok(["unshare", String(fileId)]), "file")).toMatchObject({ fileId, state: "removed" });
    expect(await ada.ok(["files"])).toEqual([]);
    expect(errorsOf(await ben.run(["fetch", String(reference), "--out", join(folder, "late")]))).toEqual([1, "not-found"]);
    expect(readdirSync(folder)).not.toContain("late");
  }, 60_000);

  test("is not overwritten unless asked, by whole files or parts", async () => {
    const { folder, ada, ben } = await folderPair();
    const path = join(folder, "a.txt");
    writeFileSync(path, "new");
    const reference = String(only(await ada.ok(["share", path, "ben"]), "shared").reference);
    const out = join(folder, "kept.txt");
    writeFileSync(out, "old");
    for (const more of [[], ["--range", "0+2"]]) {
      expect(errorsOf(await ben.run(["fetch", reference, "--out", out, ...more]))).toEqual([1, "target-exists"]);
      expect(readFileSync(out, "utf8")).toBe("old");
    }
    expect(only(await ben.ok(["fetch", reference, "--out", out, "--force", "--range", "1+2"]), "fetched").size).toBe(2);
    expect(readFileSync(out, "utf8")).toBe("ew");
    await ben.ok(["fetch", reference, "--out", out, "--force"]);
    expect(readFileSync(out, "utf8")).toBe("new");
    expect(errorsOf(await ben.run(["fetch", reference, "--out", out]))).toEqual([1, "target-exists"]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  }, 60_000);

  test("shared again sends nothing twice; further contacts are added; a changed file is a new one", async () => {
    const { folder, store, ada, ben } = await s3Pair();
    const cleo = await person(folder, "cleo", await store.mailbox("cleo"));
    const hers = await ada.card();
    await ada.ok(["add", await cleo.card(), "--as", "cleo"]);
    await cleo.ok(["add", hers, "--as", "ada"]);
    const path = randomFile(folder, "b.bin", 3 * chunk);
    const first = only(await ada.ok(["share", path, "ben"]), "shared");
    const uploaded = transfers(store.log, "PUT").length;
    expect(only(await ada.ok(["share", path, "ben"]), "shared")).toEqual(first);
    const other = only(await ada.ok(["share", path, "cleo", "ben"]), "shared");
    expect([other.fileId, other.reference]).toEqual([first.fileId, first.reference]);
    expect(transfers(store.log, "PUT").length).toBe(uploaded);
    expect(only(await ada.ok(["files"]), "file").to).toEqual(["ben", "cleo"]);
    for (const one of [ben, cleo]) {
      expect((await one.messages(1)).map(({ kind }) => kind)).toEqual(["file"]);
      expect(await one.messages(1)).toEqual([]);
    }
    appendFileSync(path, "more");
    const changed = only(await ada.ok(["share", path, "ben"]), "shared");
    expect([changed.fileId === first.fileId, changed.size]).toEqual([false, 3 * chunk + 4]);
  }, 60_000);

  test("progress comes at most once a second, and only for programs", async () => {
    const { folder, ada, ben } = await folderPair();
    const path = randomFile(folder, "c.bin", 4 * chunk);
    const lines = await ada.ok(["share", path, "ben"]);
    const progress = lines.filter(({ type }) => type === "progress");
    expect(progress.length).toBeGreaterThan(0);
    for (const { file, done, total, rate } of progress) {
      expect([file, total]).toEqual(["c.bin", 4 * chunk]);
      expect(Number(done)).toBeLessThanOrEqual(4 * chunk);
      expect(Number.isInteger(rate)).toBe(true);
    }
    const [message] = await ben.messages(1);
    const child = start(["--home", ben.home, "fetch", String(message?.id)]);
    let [out, err] = ["", ""];
    child.stdout.on("data", (text) => (out += String(text)));
    child.stderr.on("data", (text) => (err += String(text)));
    await once(child, "close");
    expect([out, err]).toEqual([`${join(ben.home, "downloads", "c.bin")}  4.2 MB  sha256 ${sha256Of(path)}\n`, ""]);
  }, 60_000);
});

describe("what cannot be shared or fetched", () => {
  test("says why, and leaves nothing", async () => {
    const { folder, ada, ben } = await folderPair();
    const path = join(folder, "a.txt");
    writeFileSync(path, "text");
    for (const what of [join(folder, "nothing"), folder, "/dev/zero"])
      expect(errorsOf(await ada.run(["share", what, "ben"]))).toEqual([1, "source-gone"]);
    expect(errorsOf(await ada.run(["share", path, "ben", "nobody"]))).toEqual([1, "unknown-contact"]);
    expect(errorsOf(await ada.run(["share", path]))).toEqual([2, "usage"]);
    expect(await ada.ok(["files"])).toEqual([]);
    expect(errorsOf(await ada.run(["unshare", "nonsense"]))[0]).toBe(1);
    const reference = String(only(await ada.ok(["share", path, "ben"]), "shared").reference);
    const out = join(folder, "out");
    const to = (what: string, ...more: string[]): Promise<Result> => ben.run(["fetch", what, "--out", out, ...more]);
    expect(errorsOf(await to(reference.slice(0, -3)))).toEqual([1, "bad-reference"]);
    expect(errorsOf(await to("cweb-file:"))).toEqual([1, "bad-reference"]);
    expect(errorsOf(await to("nonsense"))).toEqual([1, "bad-reference"]);
    expect(errorsOf(await to("11111111-2222-4333-8444-555555555555"))).toEqual([1, "unknown-message"]);
    expect(errorsOf(await to(reference, "--range", "3+2"))).toEqual([1, "out-of-range"]);
    for (const range of ["", "3", "a+b", "-1+4", "1+", "99999999999999999+1"])
      expect(errorsOf(await to(reference, "--range", range))).toEqual([2, "usage"]);
    expect(errorsOf(await ben.run(["fetch", reference, "--range", "0+1"]))).toEqual([2, "usage"]);
    expect(readdirSync(folder).filter((name) => name.includes("out"))).toEqual([]);
  }, 60_000);

  test("a reference of somebody who is no contact is refused", async () => {
    const { folder, ada, ben } = await folderPair();
    const cleo = await person(folder, "cleo", folderProfile(folder, "cleo"));
    await acquaint(cleo, ada);
    const path = join(folder, "a.txt");
    writeFileSync(path, "text");
    const [, hers] = [await cleo.ok(["contacts"]), only(await cleo.ok(["share", path, "ben"]), "shared")];
    expect(errorsOf(await ben.run(["fetch", String(hers.reference)]))).toEqual([1, "unknown-contact"]);
  }, 60_000);

  test("names from others stay in their folder, whatever they are", async () => {
    const { folder, ada, ben } = await folderPair();
    const names = ["../../x", "/etc/passwd", "CON", "..", ".bashrc", "a\u202eb.txt", "👍🏽.png", `${"ü".repeat(120)}.jpeg`, "a:b?.txt"];
    for (const [n, name] of names.entries()) await shareAs(ada, name, new Uint8Array([n]), ["ben"]);
    const messages = await ben.messages(names.length);
    expect(messages.map(({ file }) => (file as { name: string }).name)).toEqual(names);
    const downloads = join(ben.home, "downloads");
    for (const [n, { id }] of messages.entries()) {
      const { path } = only(await ben.ok(["fetch", String(id)]), "fetched");
      expect(join(downloads, String(path).slice(downloads.length + 1))).toBe(path);
      expect([...readFileSync(String(path))]).toEqual([n]);
    }
    expect(readdirSync(downloads).length).toBe(names.length);
    expect(readdirSync(downloads)).toContain("👍🏽.png");
    expect(readdirSync(folder).sort()).toEqual(["ada", "ada-bucket", "ben", "ben-bucket"]);
  }, 120_000);
});

describe("a transfer that is interrupted", () => {
  test("by Ctrl-C ends at once, and goes on later", async () => {
    const { folder, store, ada } = await s3Pair({ latency: 150 });
    const path = randomFile(folder, "d.bin", 12 * chunk);
    const child = start(["--home", ada.home, "--json", "share", path, "ben"]);
    const watch = setInterval(() => {
      if (transfers(store.log, "PUT").length < 2) return;
      clearInterval(watch);
      child.kill("SIGINT");
    }, 5);
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(130);
    const before = transfers(store.log, "PUT").length;
    const file = only(await ada.ok(["files"]), "file");
    expect(file).toMatchObject({ name: "d.bin", state: "uploading", total: 12 * chunk });
    expect(Number(file.done)).toBeGreaterThanOrEqual(2 * chunk);
    await ada.ok(["share", path, "ben"]);
    // 12 chunks and what was under way; padding and root beside.
    expect(transfers(store.log, "PUT").length).toBeLessThanOrEqual(before + 12 + 2);
    expect(only(await ada.ok(["files"]), "file")).toMatchObject({ fileId: file.fileId, state: "published" });
  }, 60_000);

  test("by a store that is down is tried again later, with exit code 75", async () => {
    const { folder, store, ada, ben } = await s3Pair();
    const path = randomFile(folder, "e.bin", 4 * chunk);
    await store.stop();
    expect(errorsOf(await ada.run(["share", path, "ben"]))).toEqual([75, "storage-unreachable"]);
    await store.restart();
    await ada.ok(["share", path, "ben"]);
    expect((await ben.messages(1)).map(({ kind }) => kind)).toEqual(["file"]);
  }, 120_000);

  test("by the file's change goes on with the new content", async () => {
    const { folder, store, ada, ben } = await s3Pair({ latency: 100 });
    const path = randomFile(folder, "f.bin", 10 * chunk);
    const running = ada.run(["share", path, "ben"]);
    while (transfers(store.log, "PUT").length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    randomFile(folder, "f.bin", 9 * chunk);
    const { code, errors } = await running;
    expect([code, errors.at(-1)?.code, errors.at(-1)?.retryable]).toEqual([75, "source-changed", true]);
    await ada.ok(["share", path, "ben"]);
    const [message] = await ben.messages(1);
    expect(only(await ben.ok(["fetch", String(message?.id)]), "fetched").sha256).toBe(sha256Of(path));
  }, 60_000);

  test("by its owner, who takes it back, leaves no file", async () => {
    const { folder, store, link, ada, ben } = await pairOverLink();
    const shared = only(await ada.ok(["share", randomFile(folder, "g.bin", 16 * chunk), "ben"]), "shared");
    store.log.length = 0;
    link.setFaults({ bytesPerSecond: 4 * chunk });
    const fetching = ben.run(["fetch", String(shared.reference), "--out", join(folder, "out")]);
    while (transfers(store.log, "GET").length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await ada.ok(["unshare", String(shared.fileId)]);
    const { code, errors } = await fetching;
    expect(code).toBe(1);
    expect(["chunk-missing", "not-found"]).toContain(errors.at(-1)?.code);
    expect(existsSync(join(folder, "out"))).toBe(false);
    expect(errorsOf(await ben.run(["fetch", String(shared.reference), "--out", join(folder, "out")]))).toEqual([1, "not-found"]);
  }, 60_000);

  test("between the file's name and the line that tells of it is told next time", async () => {
    const { folder, ada, ben } = await folderPair();
    const reference = String(only(await ada.ok(["share", randomFile(folder, "h.bin", chunk), "ben"]), "shared").reference);
    const out = join(folder, "out");
    // Killed in the moment when the file is there.
    const { code } = await lifeUntil(ben, ["fetch", reference, "--out", out], () => existsSync(out));
    const again = await ben.run(["fetch", reference, "--out", out]);
    if (code === null) expect(only(again.lines, "fetched").sha256).toBe(sha256Of(out));
    else expect(errorsOf(again)).toEqual([1, "target-exists"]);
  }, 60_000);
});
