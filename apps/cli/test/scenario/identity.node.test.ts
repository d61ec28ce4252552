import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cweb, folderProfile, Person, person, scratch, sharedPair, startStore } from "../support/cli.ts";

const storage = { type: "folder", path: "bucket" };

describe("init", () => {
  test("prints the identity, and keeps everything to its owner", async () => {
    const folder = scratch();
    const ada = new Person(folder, "ada");
    const [line, ...more] = await ada.ok(["init", "--storage", folderProfile(folder, "ada"), "--public", "name=Ada"]);
    expect(more).toEqual([]);
    expect(line).toMatchObject({ type: "identity", id: expect.stringMatching(/^[a-z2-7]{54}$/), card: expect.stringMatching(/^cweb:/) });
    expect(statSync(ada.home).mode & 0o077).toBe(0);
    for (const name of readdirSync(ada.home)) expect(statSync(join(ada.home, name)).mode & 0o077).toBe(0);
    expect(readFileSync(join(ada.home, "next-identity.txt"), "utf8")).toMatch(/[a-z2-7]{52}/);
  });

  test("a second one fails and changes nothing", async () => {
    const folder = scratch();
    const ada = await person(folder, "ada", folderProfile(folder, "ada"));
    const before = await ada.card();
    const result = await ada.run(["init", "--storage", folderProfile(folder, "other")]);
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.errors).toEqual([
      { type: "error", code: "already-initialized", message: expect.stringMatching(/\.$/), retryable: false },
    ]);
    expect(await ada.card()).toBe(before);
    expect(readFileSync(join(ada.home, "storage.json"), "utf8")).toContain("ada-bucket");
    expect(readdirSync(ada.home).filter((name) => name.startsWith("storage-"))).toEqual([]);
  });

  test("of several at once with the same storage one succeeds, and its home works", async () => {
    const folder = scratch();
    const ada = new Person(folder, "ada");
    const results = await Promise.all([1, 2, 3].map(() => ada.run(["init", "--storage", folderProfile(folder, "ada")])));
    expect(results.map(({ code }) => code).sort()).toEqual([0, 1, 1]);
    expect(results.flatMap(({ errors }) => errors.map(({ code }) => code))).toEqual(["already-initialized", "already-initialized"]);
    expect(await ada.card()).toMatch(/^cweb:/);
    expect(readdirSync(ada.home).filter((file) => file.startsWith("storage-"))).toEqual([]);
  });

  test("without a storage names three ways to get one", async () => {
    const folder = scratch();
    const result = await new Person(folder, "ada").run(["init"]);
    expect(result.code).toBe(2);
    const [error] = result.errors;
    expect(error?.code).toBe("no-storage");
    for (const way of ["(1)", "(2)", "(3)"]) expect(error?.message).toContain(way);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("takes the storage from a file, standard input, the environment", async () => {
    const folder = scratch();
    const text = JSON.stringify(storage);
    writeFileSync(join(folder, "storage.json"), text);
    const init = async (name: string, args: readonly string[], options = {}): Promise<number | null> =>
      (await cweb(["--home", name, "init", ...args], { cwd: folder, ...options })).code;
    expect(await init("a", ["--storage", "@storage.json"])).toBe(0);
    expect(await init("b", ["--storage", "@-"], { input: text })).toBe(0);
    expect(await init("c", [], { env: { CWEB_STORAGE: text } })).toBe(0);
    expect((await cweb(["card"], { cwd: folder, env: { CWEB_HOME: "c" } })).stdout).toMatch(/^cweb:/);
    // A folder is kept as an absolute path: later commands run elsewhere.
    expect(readFileSync(join(folder, "a", "storage.json"), "utf8")).toContain(join(folder, "bucket"));
  });

  test("refuses a bad storage profile and makes nothing", async () => {
    const folder = scratch();
    const bad = [
      "nonsense",
      "{}",
      '{"type":"s3"}',
      "s3!host",
      `@${join(folder, "missing.json")}`,
      '{"type":"http","url":"https://x.example"}',
    ];
    for (const profile of bad) {
      const result = await new Person(folder, "ada").run(["init", "--storage", profile]);
      expect([result.code, result.errors[0]?.code]).toEqual([1, "bad-profile"]);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a store that cannot serve is refused with one sentence, and the next try with a good one succeeds", async () => {
    const folder = scratch();
    const store = await startStore();
    const good = await store.mailbox("ada");
    const profile = JSON.parse(good);
    const broken = [
      ["storage-refused", { ...profile, write: { ...profile.write, secretAccessKey: "wrong" } }],
      ["storage-refused", { ...profile, bucket: "nobody" }],
      ["storage-refused", { ...profile, write: profile.read }],
      ["storage-refused", { ...profile, read: { ...profile.read, secretAccessKey: "wrong" } }],
    ] as const;
    for (const [code, text] of broken) {
      const result = await new Person(folder, "ada").run(["init", "--storage", JSON.stringify(text)]);
      expect([result.code, result.stdout, result.errors.length]).toEqual([1, "", 1]);
      expect(result.errors[0]).toMatchObject({ code, retryable: false, message: expect.stringMatching(/^[A-Z][^\n]+\.$/) });
      expect(result.stderr).not.toContain(profile.write.secretAccessKey);
    }
    expect(readdirSync(join(folder, "ada")).filter((name) => name.startsWith("storage"))).toEqual([]);
    expect((await new Person(folder, "ada").run(["card"])).errors[0]?.code).toBe("no-identity");
    await store.stop();
    const offline = await new Person(folder, "ada").run(["init", "--storage", good]);
    expect([offline.code, offline.errors[0]?.code, offline.errors[0]?.retryable]).toEqual([75, "storage-unreachable", true]);
    await store.restart();
    expect((await new Person(folder, "ada").run(["init", "--storage", good])).code).toBe(0);
  });

  test("a home that cannot be made is refused", async () => {
    const folder = scratch();
    writeFileSync(join(folder, "file"), "");
    const result = await new Person(join(folder, "file"), "ada").run(["init", "--storage", folderProfile(folder, "ada")]);
    expect([result.code, result.errors[0]?.code]).toEqual([1, "home-unusable"]);
  });
});

describe("card", () => {
  test("is one line for people, and a QR code where asked", async () => {
    const folder = scratch();
    const ada = await person(folder, "ada", folderProfile(folder, "ada"));
    const plain = await cweb(["--home", ada.home, "card"]);
    expect(plain.stdout).toBe(`${await ada.card()}\n`);
    expect((await cweb(["--home", ada.home, "card", "--qr"])).stdout).toMatch(/[█▀▄]{3}/);
  });
});

describe("usage", () => {
  const { ada } = sharedPair();

  test.each([
    [["nonsense"]],
    [[]],
    [["send", "ben"]],
    [["add", "cweb:x"]],
    [["receive", "--timeout", "soon"]],
    [["status", "extra"]],
    [["send", "ben", "x", "--id", "no-uuid"]],
    [["share", "file"]],
    [["fetch", "x", "--range", "1-2"]],
  ])("%j ends with 2 and one sentence", async (args) => {
    const result = await ada.run(args);
    expect([result.code, result.stdout, result.errors.length]).toEqual([2, "", 1]);
    expect(result.stderr.trim().split("\n")).toHaveLength(1);
    expect(result.errors[0]?.message).toMatch(/^[A-Z][^\n]+$/);
  });

  test("--help and --version end with 0", async () => {
    const help = await cweb(["--help"]);
    expect(help.code).toBe(0);
    for (const command of ["init", "card", "add", "contacts", "remove", "verify", "send", "broadcast", "flush", "receive", "status"]) {
      expect(help.stdout).toContain(`  ${command} `);
    }
    expect((await cweb(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("without an identity every command says so", async () => {
    const folder = scratch();
    mkdirSync(join(folder, "ada"));
    for (const args of [["card"], ["contacts"], ["status"], ["receive"], ["flush"], ["send", "ben", "x"]]) {
      const result = await new Person(folder, "ada").run(args);
      expect([result.code, result.errors[0]?.code]).toEqual([1, "no-identity"]);
    }
    expect(readdirSync(join(folder, "ada"))).toEqual([]);
  });
});
