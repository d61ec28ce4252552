import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cweb, type Line, type Person, person, s3Pair, scratch, sharedPair } from "../support/cli.ts";

const only = (lines: readonly Line[], type: string): readonly Line[] => lines.filter((line) => line.type === type);
const refusal = async (who: Person, ...args: readonly string[]): Promise<readonly unknown[]> => {
  const { code, errors, lines } = await who.run(args);
  expect(lines).toEqual([]);
  return [code, errors[0]?.code];
};

/** Several that must be refused in the same way, side by side. */
async function allRefused(expected: readonly unknown[], who: Person, commands: readonly (readonly string[])[]): Promise<void> {
  const answers = await Promise.all(commands.map((args) => refusal(who, ...args)));
  expect(answers).toEqual(commands.map(() => expected));
}

/** Its key has come, and its value. */
async function seen(reader: Person, what: string): Promise<Line | undefined> {
  await reader.ok(["receive"]);
  return (await reader.ok(["object", "get", what]))[0];
}

// Dozens of processes each, on a machine that may be busy.
describe("objects", { timeout: 120_000 }, () => {
  const { ada, ben } = sharedPair();

  test("one is created, shared, changed, taken back and deleted", async () => {
    const { ada, ben } = await s3Pair();
    const [created] = await ada.ok(["object", "create", "notes", "one"]);
    const version = Number(created?.version);
    expect(created).toEqual({ type: "object", owner: "me", name: "notes", version, subscribers: [] });
    expect(await ada.ok(["object", "share", "notes", "ben"])).toEqual([{ ...created, subscribers: ["ben"] }]);
    const shown = { type: "object", owner: "ada", name: "notes", version, value: "one", state: "current" };
    expect(only(await ben.ok(["receive"]), "object")).toEqual([shown]);
    const [changed] = await ada.ok(["object", "set", "notes", "two"]);
    expect(Number(changed?.version)).toBeGreaterThan(version);
    const second = { ...shown, version: changed?.version, value: "two" };
    expect(await ben.ok(["object", "get", "ada/notes"])).toEqual([second]);
    expect(only(await ben.ok(["receive"]), "object")).toEqual([second]);
    expect(only(await ben.ok(["receive"]), "object")).toEqual([]);
    await ada.ok(["object", "unshare", "notes", "ben"]);
    await ada.ok(["object", "set", "notes", "three"]);
    expect(await seen(ben, "ada/notes")).toEqual({ ...second, state: "revoked" });
    await ada.ok(["object", "share", "notes", "ben"]);
    expect(await seen(ben, "ada/notes")).toMatchObject({ value: "three", state: "current" });
    expect(await ada.ok(["object", "get", "me/notes"])).toMatchObject([{ owner: "me", value: "three", state: "current" }]);
    expect(await ada.ok(["object", "delete", "notes"])).toMatchObject([{ owner: "me", name: "notes", subscribers: [], state: "deleted" }]);
    expect(await seen(ben, "ada/notes")).toMatchObject({ state: "deleted" });
    expect(await ada.ok(["object", "list"])).toEqual([]);
    expect(await refusal(ada, "object", "set", "notes", "four")).toEqual([1, "unknown-object"]);
  });

  test("any value arrives as it was given: texts, bytes, files, standard input", async () => {
    const folder = scratch();
    const bytes = Uint8Array.of(0, 255, 254, 10);
    const large = new Uint8Array(1_000_000).map((_, i) => i & 0xff);
    writeFileSync(join(folder, "bytes"), bytes);
    writeFileSync(join(folder, "large"), large);
    await ada.ok(["object", "create", "values", "first"]);
    await ada.ok(["object", "share", "values", "ben"]);
    await ben.ok(["receive"]);
    const given = async (value: string, input = ""): Promise<Line | undefined> => {
      await ada.ok(["object", "set", "values", ...(value.startsWith("--") ? ["--", value] : [value])], { input });
      return (await ben.ok(["object", "get", "ada/values"]))[0];
    };
    for (const text of ["", "\ufeffüñí 🐟\n\u001b[2J", "--json"]) expect((await given(text))?.value).toBe(text);
    expect((await given("@-", "@not a file\u0000"))?.value).toBe("@not a file\u0000");
    const binary = await given(`@${join(folder, "bytes")}`);
    expect([binary?.payload, "value" in (binary ?? {})]).toEqual([Buffer.from(bytes).toString("base64"), false]);
    expect((await given(`@${join(folder, "large")}`))?.payload).toBe(Buffer.from(large).toString("base64"));
    const gone = [`@${join(folder, "nothing")}`, `@${folder}`, "@"].map((value) => ["object", "set", "values", value]);
    await allRefused([1, "source-gone"], ada, gone);
    const most = await ada.run(["object", "set", "values", "@-"], { input: new Uint8Array(8 * 1024 * 1024 + 1) });
    expect([most.code, most.errors[0]?.code]).toEqual([1, "too-large"]);
    const endless = await ada.run(["object", "set", "values", "@/dev/zero"]);
    expect([endless.code, endless.errors[0]?.code]).toEqual([1, "too-large"]);
  });

  test("names may be odd, and are checked", async () => {
    const names = ["a/b/c", "Größe 🐟 '; drop", "x".repeat(57)];
    await Promise.all(names.map((name) => ada.ok(["object", "create", name, name])));
    await Promise.all(names.map((name) => ada.ok(["object", "share", name, "ben"])));
    await ben.ok(["receive"]);
    const shown = await Promise.all(names.map((name) => ben.ok(["object", "get", `ada/${name}`])));
    expect(shown.flat()).toMatchObject(names.map((name) => ({ owner: "ada", name, value: name, state: "current" })));
    const bad = ["", "a\nb", "a\u202eb", "x".repeat(58)];
    await allRefused(
      [2, "bad-name"],
      ada,
      bad.map((name) => ["object", "create", name, "x"]),
    );
    const listed = await ben.ok(["object", "list"]);
    expect(listed).toContainEqual({ type: "object", owner: "ada", name: "a/b/c", version: expect.any(Number), state: "current" });
  });

  test("what is not there, not shared or there already is told apart, and nothing is changed", async () => {
    await ada.ok(["object", "create", "mine", "x"]);
    expect(await refusal(ada, "object", "create", "mine", "y")).toEqual([1, "object-exists"]);
    const unknownContact = [
      ["object", "share", "mine", "ben", "nobody"],
      ["object", "unshare", "mine", "nobody"],
      ["object", "get", "nobody/mine"],
    ];
    await allRefused([1, "unknown-contact"], ada, unknownContact);
    const unknownObject = [
      ["object", "share", "yours", "ben"],
      ["object", "delete", "yours"],
      ["object", "get", "ben/mine"],
      ["object", "get", "me/yours"],
    ];
    await allRefused([1, "unknown-object"], ada, unknownObject);
    expect(await refusal(ben, "object", "get", "ada/mine")).toEqual([1, "unknown-object"]);
    const usage = ["mine", "/mine", "ada/", ""].map((what) => ["object", "get", what]);
    await allRefused([2, "usage"], ben, [...usage, ["object"], ["object", "move", "a", "b"]]);
    expect(await ada.ok(["object", "get", "me/mine"])).toMatchObject([{ value: "x" }]);
    expect((await ada.ok(["object", "list"])).find(({ name }) => name === "mine")).toMatchObject({ subscribers: [] });
  });

  test("of processes that create one object at once, one does; of those that set it, one is the last", async () => {
    const created = await Promise.all(["a", "b", "c"].map((value) => ada.run(["object", "create", "race", value])));
    expect(created.map(({ code }) => code).sort()).toEqual([0, 1, 1]);
    await ada.ok(["object", "share", "race", "ben"]);
    await ben.ok(["receive"]);
    const values = ["d", "e", "f"];
    const set = await Promise.all(values.map((value) => ada.run(["object", "set", "race", value])));
    expect(set.map(({ code }) => code)).toEqual([0, 0, 0]);
    const own = (await ada.ok(["object", "get", "me/race"]))[0];
    expect(values).toContain(own?.value);
    expect(await seen(ben, "ada/race")).toMatchObject({ value: own?.value, version: own?.version, state: "current" });
    expect((await ada.ok(["object", "list"])).filter(({ name }) => name === "race")).toHaveLength(1);
  });

  test("without a network a change is safe and goes out later, and what was read last is shown", async () => {
    const { store, ada, ben } = await s3Pair();
    await ada.ok(["object", "create", "notes", "one"]);
    await ada.ok(["object", "share", "notes", "ben"]);
    await ben.ok(["receive"]);
    await store.stop();
    const offline = await ada.run(["object", "set", "notes", "two"]);
    expect([offline.code, offline.errors[0]?.code, offline.lines.length]).toEqual([0, "storage-unreachable", 1]);
    const shown = await ben.run(["object", "get", "ada/notes"]);
    expect([shown.code, shown.errors[0]?.code]).toEqual([0, "storage-unreachable"]);
    expect(shown.lines[0]).toMatchObject({ value: "one" });
    const unknown = await ben.run(["object", "get", "ada/other"]);
    expect([unknown.code, unknown.errors[0]?.code]).toEqual([75, "storage-unreachable"]);
    await store.restart();
    await ada.ok(["flush"]);
    expect(await ben.ok(["object", "get", "ada/notes"])).toMatchObject([{ value: "two", state: "current" }]);
  });

  test("an update is one PUT for any number of readers, and a reader's idle look one GET that brings nothing", async () => {
    const { folder, store, ada, ben } = await s3Pair();
    const cleo = await person(folder, "cleo", await store.mailbox("cleo"));
    const [hers, cleos] = await Promise.all([ada.card(), cleo.card()]);
    await ada.ok(["add", cleos, "--as", "cleo"]);
    await cleo.ok(["add", hers, "--as", "ada"]);
    await ada.ok(["object", "create", "notes", "one"]);
    await ada.ok(["object", "share", "notes", "ben", "cleo"]);
    for (const one of [ben, cleo, ada, ben, cleo, ada]) await one.ok(["receive"]);
    const log = (from: number, method: string): readonly string[] =>
      store.log.slice(from).flatMap((entry) => (entry.method === method ? [`${entry.bucket} ${entry.status}`] : []));
    const before = store.log.length;
    await ada.ok(["object", "set", "notes", "two"]);
    expect(log(before, "PUT")).toEqual(["ada 200"]);
    await ben.ok(["receive"]);
    await ben.ok(["receive"]);
    const idle = store.log.length;
    await ben.ok(["receive"]);
    // The object, which is unchanged; the next message, which is not there; the own beacon.
    expect([...log(idle, "GET")].sort()).toEqual(["ada 304", "ada 403", "ben 200"]);
    expect(log(idle, "PUT")).toEqual([]);
  });
});

const png = (seed: number, size: number): Buffer => {
  const bytes = Buffer.alloc(size, `picture ${seed} `);
  Buffer.from("\x89PNG\r\n\x1a\n", "latin1").copy(bytes);
  return bytes;
};

describe("profiles", { timeout: 120_000 }, () => {
  test("one is visible to a contact, and to no other", async () => {
    const { folder, store, ada, ben } = await s3Pair();
    const cleo = await person(folder, "cleo", await store.mailbox("cleo"));
    const [hers, cleos] = await Promise.all([ada.card(), cleo.card()]);
    await ada.ok(["add", cleos, "--as", "cleo"]);
    await cleo.ok(["add", hers, "--as", "ada"]);
    const [small, large] = [join(folder, "small.png"), join(folder, "large.png")];
    writeFileSync(small, png(1, 9_000));
    writeFileSync(large, png(2, 250_000));
    const [own] = await ada.ok(["profile", "set", "name=Ada", "status=at sea = far", "city=London", "--picture", small]);
    expect(own).toMatchObject({ contact: "me", profile: "default", subscribers: [] });
    expect(await ada.ok(["profile", "share", "ben"])).toMatchObject([{ contact: "me", subscribers: ["ben"] }]);
    const properties = {
      name: "Ada",
      status: "at sea = far",
      picture: { mime: "image/png", size: 9_000, sha256: expect.any(String) },
      city: "London",
    };
    const told = only(await ben.ok(["receive"]), "profile");
    expect(told).toEqual([{ type: "profile", contact: "ada", version: own?.version, properties, state: "current" }]);
    const copy = join(folder, "copy.png");
    expect(await ben.ok(["profile", "show", "ada", "--picture", copy])).toEqual(told);
    expect(readFileSync(copy).equals(png(1, 9_000))).toBe(true);
    expect(await refusal(ben, "profile", "show", "ada", "--picture", copy)).toEqual([1, "target-exists"]);

    await ada.ok(["profile", "set", "city=", "--picture", large]);
    await ben.ok(["receive"]);
    const again = join(folder, "again.png");
    const [later] = await ben.ok(["profile", "show", "ada", "--picture", again]);
    expect(Object.keys((later?.properties ?? {}) as object).sort()).toEqual(["name", "picture", "status"]);
    expect(readFileSync(again).equals(png(2, 250_000))).toBe(true);

    expect(only(await cleo.ok(["receive", "--full"]), "profile")).toEqual([]);
    expect(await refusal(cleo, "profile", "show", "ada")).toEqual([1, "unknown-profile"]);
    // Neither the provider's disk nor Cleo's home holds a word or a piece of a picture.
    for (const file of [...filesIn(store.data), ...filesIn(cleo.home)]) {
      const bytes = readFileSync(file);
      for (const piece of ["at sea = far", "picture 1 picture", "picture 2 picture"]) expect(bytes.includes(piece), file).toBe(false);
    }
    expect(filesIn(ben.home).some((file) => readFileSync(file).includes("at sea = far"))).toBe(true);

    await ada.ok(["profile", "unshare", "ben"]);
    await ben.ok(["receive"]);
    expect(await ben.ok(["profile", "show", "ada"])).toMatchObject([{ state: "revoked", properties: {} }]);
  });

  const { ada, ben } = sharedPair();

  test("several profiles: a contact sees the one that was shared last", async () => {
    await ada.ok(["profile", "set", "--profile", "friends", "name=Ada"]);
    await ada.ok(["profile", "set", "--profile", "work", "name=Dr. Lovelace"]);
    await ada.ok(["profile", "share", "ben", "--profile", "friends"]);
    await ben.ok(["receive"]);
    expect(await ben.ok(["profile", "show", "ada"])).toMatchObject([{ properties: { name: "Ada" }, state: "current" }]);
    expect(await ada.ok(["profile", "share", "ben", "--profile", "work"])).toMatchObject([{ profile: "work", subscribers: ["ben"] }]);
    await ben.ok(["receive"]);
    expect(await ben.ok(["profile", "show", "ada"])).toMatchObject([{ properties: { name: "Dr. Lovelace" }, state: "current" }]);
    expect(await ada.ok(["profile", "show", "--profile", "friends"])).toMatchObject([{ profile: "friends", subscribers: [] }]);
    expect(await refusal(ada, "profile", "show", "--profile", "family")).toEqual([1, "unknown-profile"]);
    expect(await refusal(ada, "profile", "share", "ben", "--profile", "family")).toEqual([1, "unknown-profile"]);
    expect(await refusal(ada, "profile", "show", "ben", "--profile", "work")).toEqual([2, "usage"]);
  });

  test("what cannot be set is refused, and nothing is changed", async () => {
    const folder = scratch();
    const [wrong, large] = [join(folder, "wrong.png"), join(folder, "large.png")];
    writeFileSync(wrong, "GIF90a");
    writeFileSync(large, png(1, 262_145));
    mkdirSync(join(folder, "folder"));
    expect(await ben.ok(["profile", "show"])).toEqual([
      { type: "profile", contact: "me", profile: "default", properties: {}, subscribers: [] },
    ]);
    const badPictures = [wrong, large].map((picture) => ["profile", "set", "name=Ben", "--picture", picture]);
    const badPairs = ["name=a\u202eb", "status=a\nb", `name=${"x".repeat(257)}`, "ä=1", "a b=1"].map((pair) => ["profile", "set", pair]);
    await allRefused([1, "bad-property"], ben, [...badPictures, ...badPairs]);
    const gone = [join(folder, "folder"), join(folder, "nothing")].map((picture) => ["profile", "set", "--picture", picture]);
    await allRefused([1, "source-gone"], ben, gone);
    const usage = [[], ["name"], ["=Ben"], ["picture=x"]].map((args) => ["profile", "set", ...args]);
    await allRefused([2, "usage"], ben, usage);
    expect(await refusal(ben, "profile", "share", "ada")).toEqual([1, "unknown-profile"]);
    expect(await refusal(ben, "profile", "show", "--picture", join(folder, "copy"))).toEqual([1, "no-picture"]);
    expect(await refusal(ben, "profile", "show", "nobody")).toEqual([1, "unknown-contact"]);
    expect(await refusal(ben, "profile", "set", "--profile", "a\u202eb", "name=Ben")).toEqual([1, "bad-profile-name"]);
    expect(await ben.ok(["profile", "show"])).toMatchObject([{ properties: {} }]);
  });

  test("people read what programs do", async () => {
    await ada.ok(["profile", "set", "name=Ada", "note=line one\nline \u001b[2Jtwo"]);
    const { stdout } = await cweb(["--home", ada.home, "profile", "show"]);
    expect(stdout).toContain("Your profile default, seen by nobody\n  name: Ada\n  note: line one\nline \ufffd[2Jtwo\n");
    await ada.ok(["object", "create", "people", "for\u001b people"]);
    const shown = await cweb(["--home", ada.home, "object", "get", "me/people"]);
    expect(shown.stdout).toBe("me/people: for\ufffd people\n");
    const help = await cweb(["object", "--help"]);
    expect(help.stdout).toContain("share");
  });
});

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );
}
