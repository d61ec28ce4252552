import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesSource, formatFileReference, parseFileReference } from "@cweb/file-sharing";
import { describe, expect, test } from "vitest";
import { withPeer } from "../../src/home.ts";
import { Output } from "../../src/output.ts";
import { cweb, type Line, type Person, scratch, sharedPair } from "../support/cli.ts";
import { chunk, errorsOf, only, randomFile, sha256, sha256Of, toldOf } from "../support/transfers.ts";

const { ada, ben } = sharedPair();

/** Shares bytes under a name that no disk here could have. */
function shareAs(one: Person, name: string, bytes: Uint8Array, to: readonly string[]): Promise<unknown> {
  const { signal } = new AbortController();
  const context = {
    home: one.home,
    requests: undefined,
    output: new Output(true),
    clockOffset: 0,
    rooms: "accept" as const,
    storage: undefined,
    signal,
  };
  return withPeer(context, (peer) => peer.files.share(bytesSource(bytes), { name, to, signal }));
}

async function shared(path: string): Promise<{ readonly fileId: string; readonly reference: string }> {
  const { fileId, reference } = only(await ada.ok(["share", path, "ben"]), "shared");
  return { fileId: String(fileId), reference: String(reference) };
}

const partial = (folder: string): readonly string[] => readdirSync(folder).filter((name) => name.endsWith(".part"));

describe("a file between two people", () => {
  test("is shared, listed, told of, fetched whole and in part, and taken back", async () => {
    const folder = scratch();
    const path = join(folder, "notes.txt");
    writeFileSync(path, "The pier, at noon.");
    const hash = sha256(readFileSync(path));
    const line = only(await ada.ok(["share", path, "ben"]), "shared");
    expect(line).toMatchObject({ name: "notes.txt", size: 18, to: ["ben"], reference: expect.stringMatching(/^cweb-file:\S+$/) });
    const [fileId, reference] = [String(line.fileId), String(line.reference)];
    const about = { fileId, reference, name: "notes.txt", size: 18, mime: "text/plain", to: ["ben"] };
    expect(await ada.ok(["files"])).toEqual([{ type: "file", ...about, state: "published" }]);

    const [message] = await toldOf(ben, "notes.txt");
    expect(message).toMatchObject({ kind: "file", from: "ada", sentAt: expect.any(Number) });
    expect(message?.file).toEqual({ reference, name: "notes.txt", size: 18, mime: "text/plain" });
    expect(message).not.toHaveProperty("text");

    // By the message, into the home; by the reference, into a folder and to a file; the owner, too.
    const there = join(ben.home, "downloads", "notes.txt");
    expect(only(await ben.ok(["fetch", String(message?.id)]), "fetched")).toEqual({ type: "fetched", path: there, size: 18, sha256: hash });
    mkdirSync(join(folder, "into"));
    expect(only(await ben.ok(["fetch", reference, "--out", join(folder, "into")]), "fetched").path).toBe(join(folder, "into", "notes.txt"));
    expect(only(await ada.ok(["fetch", reference, "--out", join(folder, ".hidden:1")]), "fetched").path).toBe(join(folder, ".hidden:1"));
    expect(readFileSync(join(folder, ".hidden:1"), "utf8")).toBe("The pier, at noon.");
    const part = join(folder, "part");
    const ranged = only(await ben.ok(["fetch", reference, "--range", "4+4", "--out", part]), "fetched");
    expect([ranged.path, ranged.size, ranged.sha256]).toEqual([part, 4, sha256(Buffer.from("pier"))]);
    expect(readFileSync(part, "utf8")).toBe("pier");

    expect(await ada.ok(["unshare", fileId])).toEqual([{ type: "file", ...about, state: "removed" }]);
    expect(await ada.ok(["files"])).toEqual([]);
    expect(errorsOf(await ben.run(["fetch", reference, "--out", join(folder, "late")]))).toEqual([1, "not-found"]);
    expect(readdirSync(folder).filter((name) => name.includes("late"))).toEqual([]);
  }, 180_000);

  test("is not overwritten unless asked, by the whole or a part", async () => {
    const folder = scratch();
    const path = join(folder, "a.txt");
    writeFileSync(path, "new");
    const { reference } = await shared(path);
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
    expect(partial(folder)).toEqual([]);
  }, 180_000);

  test("shared again uploads nothing and tells nobody twice; a changed file is a new one", async () => {
    const folder = scratch();
    const path = randomFile(folder, "b.bin", 2 * chunk);
    const requests = join(folder, "requests");
    const first = await shared(path);
    expect(only(await ada.ok(["--requests", requests, "share", path, "ben"]), "shared")).toMatchObject(first);
    const puts = readFileSync(requests, "utf8").trim().split("\n");
    expect(puts.filter((line) => (JSON.parse(line) as { op: string; bytes: number }).bytes >= chunk)).toEqual([]);
    expect(await toldOf(ben, "b.bin")).toHaveLength(1);
    expect(await ben.ok(["receive"])).toEqual([]);
    appendFileSync(path, "more");
    const changed = only(await ada.ok(["share", path, "ben"]), "shared");
    expect([changed.fileId === first.fileId, changed.size]).toEqual([false, 2 * chunk + 4]);
  }, 180_000);

  test("shows progress to programs at most once a second, and none where nobody would see it", async () => {
    const path = randomFile(scratch(), "c.bin", 4 * chunk);
    const begun = performance.now();
    const progress = (await ada.ok(["share", path, "ben"])).filter(({ type }) => type === "progress");
    expect(progress.length).toBeGreaterThan(0);
    expect(progress.length).toBeLessThanOrEqual(1 + (performance.now() - begun) / 1000);
    for (const { file, done, total, rate } of progress) {
      expect([file, total, Number.isInteger(rate)]).toEqual(["c.bin", 4 * chunk, true]);
      expect(Number(done)).toBeLessThanOrEqual(4 * chunk);
    }
    const [message] = await toldOf(ben, "c.bin");
    const { stdout, stderr } = await cweb(["--home", ben.home, "fetch", String(message?.id)]);
    expect([stdout, stderr]).toEqual([`${join(ben.home, "downloads", "c.bin")}  4.2 MB  sha256 ${sha256Of(path)}\n`, ""]);
  }, 180_000);
});

describe("what cannot be shared or fetched", () => {
  test("says why, and leaves nothing", async () => {
    const folder = scratch();
    const path = join(folder, "a.txt");
    writeFileSync(path, "text");
    for (const what of [join(folder, "nothing"), folder, "/dev/zero"])
      expect(errorsOf(await ada.run(["share", what, "ben"]))).toEqual([1, "source-gone"]);
    expect(errorsOf(await ada.run(["share", path, "ben", "nobody"]))).toEqual([1, "unknown-contact"]);
    expect((await ada.ok(["files"])).filter(({ name }) => name === "a.txt" || name === "nothing")).toHaveLength(1);
    expect(errorsOf(await ada.run(["unshare", "nonsense"]))).toEqual([1, "unknown-file"]);

    const { reference } = await shared(path);
    const stranger = formatFileReference({ ...parseFileReference(reference), owner: new Uint8Array(32).fill(7) });
    const renamed = formatFileReference({ ...parseFileReference(reference), name: "b.txt" });
    const refusals: readonly (readonly [readonly string[], string])[] = [
      [[reference.slice(0, -3)], "bad-reference"],
      [["nonsense"], "bad-reference"],
      [["11111111-2222-4333-8444-555555555555"], "unknown-message"],
      [[reference, "--range", "3+2"], "out-of-range"],
      [[stranger], "unknown-contact"],
      [[renamed], "altered"],
    ];
    for (const [what, code] of refusals)
      expect(errorsOf(await ben.run(["fetch", ...what, "--out", join(folder, "out")]))).toEqual([1, code]);
    expect(errorsOf(await ben.run(["fetch", reference, "--range", "0+1"]))).toEqual([2, "usage"]);
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  }, 180_000);

  test("names from others stay in their folder, whatever they are", async () => {
    const names = ["../../x", "CON", ".bashrc\u202e", "👍🏽.png", `${"ü".repeat(120)}.jpeg`];
    for (const [n, name] of names.entries()) await shareAs(ada, name, new Uint8Array([n]), ["ben"]);
    const messages: Line[] = [];
    for (let round = 0; round < 10 && messages.length < names.length; round++) {
      const lines = await ben.ok(["receive"]);
      messages.push(...lines.filter(({ file }) => names.includes(String((file as { name?: string } | undefined)?.name))));
    }
    expect(messages.map(({ file }) => (file as { name: string }).name)).toEqual(names);
    const downloads = join(ben.home, "downloads");
    const before = existsSync(downloads) ? readdirSync(downloads).length : 0;
    for (const [n, { id }] of messages.entries()) {
      const { path } = only(await ben.ok(["fetch", String(id)]), "fetched");
      expect(readdirSync(downloads)).toContain(String(path).slice(downloads.length + 1));
      expect([...readFileSync(String(path))]).toEqual([n]);
    }
    expect(readdirSync(downloads).length).toBe(before + names.length);
    expect(readdirSync(downloads)).toContain("👍🏽.png");
  }, 180_000);
});
