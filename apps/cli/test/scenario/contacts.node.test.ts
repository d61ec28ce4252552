import { describe, expect, test } from "vitest";
import { folderPair, folderProfile, person, s3Pair } from "../support/cli.ts";

describe("add", () => {
  test("prints the contact, again for the same card, and takes a new name", async () => {
    const { ada, ben } = await folderPair();
    const card = await ben.card();
    const line = { type: "contact", name: "ben", id: expect.any(String), state: "known", verified: false };
    expect(await ada.ok(["add", card, "--as", "ben"])).toEqual([line]);
    expect(await ada.ok(["contacts"])).toEqual([line]);
    expect(await ada.ok(["add", ` ${card}\n`, "--as", "Benjamin"])).toEqual([{ ...line, name: "Benjamin" }]);
    expect((await ada.ok(["contacts"])).map(({ name }) => name)).toEqual(["Benjamin"]);
    expect((await ada.run(["send", "ben", "x"])).errors[0]?.code).toBe("unknown-contact");
  });

  test("refuses bad cards, its own, names that are taken or cannot be", async () => {
    const { folder, ada, ben } = await folderPair();
    const card = await ben.card();
    const carla = await person(folder, "carla", folderProfile(folder, "carla"));
    const cases = [
      ["cweb:nonsense", "x", 1, "bad-card"],
      [`${card.slice(0, 20)}${card[20] === "a" ? "b" : "a"}${card.slice(21)}`, "x", 1, "bad-card"],
      [card.slice(0, -3), "x", 1, "bad-card"],
      ["", "x", 1, "bad-card"],
      ["hello", "x", 1, "bad-card"],
      [await ada.card(), "x", 1, "own-card"],
      [await carla.card(), "ben", 1, "name-taken"],
      [await carla.card(), "a/b", 2, "bad-name"],
      [await carla.card(), "me", 2, "bad-name"],
      [await carla.card(), "", 2, "bad-name"],
      [await carla.card(), "x".repeat(200), 2, "bad-name"],
    ] as const;
    for (const [text, name, exit, code] of cases) {
      const result = await ada.run(["add", text, "--as", name]);
      expect([result.code, result.stdout, result.errors[0]?.code]).toEqual([exit, "", code]);
    }
    expect((await ada.ok(["contacts"])).map(({ name }) => name)).toEqual(["ben"]);
  });

  test("refuses a known Id with another storage, which nobody signed", async () => {
    const { folder, ada, ben } = await folderPair();
    const elsewhere = folderProfile(folder, "elsewhere");
    const { encodeReadProfile, parseStorageProfile } = await import("@cweb/storage-remote");
    const { encodeCard } = await import("../support/forged-card.ts");
    const forged = encodeCard(await ben.card(), encodeReadProfile(parseStorageProfile(elsewhere) as { type: "folder"; path: string }));
    const result = await ada.run(["add", forged, "--as", "ben"]);
    expect([result.code, result.errors[0]?.code]).toEqual([1, "profile-mismatch"]);
    await ben.ok(["send", "ada", "still here"]);
    expect((await ada.messages(1)).map(({ text }) => text)).toEqual(["still here"]);
  });

  test("a stranger's card makes no home over S3 read folders of this computer", async () => {
    const { folder, ada } = await s3Pair();
    const zoe = await person(folder, "zoe", folderProfile(folder, "zoe"));
    const result = await ada.run(["add", await zoe.card(), "--as", "zoe"]);
    expect(result.lines).toEqual([expect.objectContaining({ name: "zoe", state: "pending" })]);
    expect(result.errors).toEqual([
      expect.objectContaining({ code: "bad-profile", contact: "zoe", message: expect.stringContaining("folder") }),
    ]);
    expect(await ada.run(["receive"])).toMatchObject({ code: 0 });
  });

  test("a contact whose store does not answer is pending, and known later", async () => {
    const { store, folder, ada } = await s3Pair();
    const carla = await person(folder, "carla", await store.mailbox("carla"));
    const card = await carla.card();
    await store.stop();
    const result = await ada.run(["add", card, "--as", "carla"]);
    expect(result.code).toBe(0);
    expect(result.lines).toEqual([expect.objectContaining({ type: "contact", name: "carla", state: "pending" })]);
    expect(result.errors[0]).toMatchObject({ code: "storage-unreachable", retryable: true });
    const [sent] = await ada.ok(["send", "carla", "for when you are back"]);
    expect(sent).toMatchObject({ state: "queued" });
    await store.restart();
    await ada.ok(["receive"]);
    expect((await ada.ok(["contacts"])).find(({ name }) => name === "carla")?.state).toBe("known");
    await carla.ok(["add", await ada.card(), "--as", "ada"]);
    expect((await carla.messages(1)).map(({ text }) => text)).toEqual(["for when you are back"]);
  });
});

describe("verify", () => {
  test("shows both the same number, and confirms only that", async () => {
    const { ada, ben } = await folderPair();
    const [hers] = await ada.ok(["verify", "ben"]);
    const [his] = await ben.ok(["verify", "ada"]);
    expect(hers).toEqual({ type: "safety-number", name: "ben", digits: expect.stringMatching(/^(\d{5} ){11}\d{5}$/), verified: false });
    expect(his?.digits).toBe(hers?.digits);
    const digits = String(hers?.digits);
    const wrong = await ada.run(["verify", "ben", "--confirm", digits.replace(/\d/, (digit) => String((Number(digit) + 1) % 10))]);
    expect([wrong.code, wrong.errors[0]?.code]).toEqual([1, "safety-number-differs"]);
    expect((await ada.ok(["verify", "ben"]))[0]?.verified).toBe(false);
    expect((await ada.ok(["verify", "ben", "--confirm", digits.replaceAll(" ", "")]))[0]?.verified).toBe(true);
    expect((await ada.ok(["contacts"]))[0]?.verified).toBe(true);
    expect((await ada.run(["verify", "nobody"])).errors[0]?.code).toBe("unknown-contact");
  });
});

describe("remove", () => {
  test("forgets the contact; added again, both can talk", async () => {
    const { ada, ben } = await folderPair();
    await ada.ok(["send", "ben", "one"]);
    await ben.messages(1);
    await ben.ok(["send", "ada", "two"]);
    await ada.messages(1);
    await ada.ok(["remove", "ben"]);
    expect(await ada.ok(["contacts"])).toEqual([]);
    expect((await ada.run(["remove", "ben"])).errors[0]?.code).toBe("unknown-contact");
    await ada.ok(["add", await ben.card(), "--as", "ben"]);
    await ben.ok(["receive", "--full"]);
    await ada.ok(["send", "ben", "three"]);
    const texts = [];
    for (let i = 0; i < 6 && texts.length === 0; i++) {
      texts.push(...(await ben.ok(["receive", "--full"])).filter(({ type }) => type === "message").map(({ text }) => text));
      await ada.ok(["receive", "--full"]);
    }
    expect(texts).toEqual(["three"]);
  });
});
