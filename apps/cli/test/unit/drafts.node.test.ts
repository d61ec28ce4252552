import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { formatStorageProfile } from "@cweb/storage-remote";
import { expect, test } from "vitest";
import { adoptProfile, draftProfile } from "../../src/home.ts";
import { scratch } from "../support/cli.ts";

const profile = { type: "folder", path: "/mailbox" } as const;

test("an init that lost takes no other's draft away, even of the same storage", async () => {
  const home = scratch();
  const winner = await draftProfile(home, profile);
  const loser = await draftProfile(home, profile);
  await rm(loser);
  await adoptProfile(home, winner);
  expect(readdirSync(home)).toEqual(["storage.json"]);
  expect(readFileSync(join(home, "storage.json"), "utf8")).toBe(`${formatStorageProfile(profile)}\n`);
});

test("a draft that another command has adopted meanwhile is no failure", async () => {
  const home = scratch();
  const draft = await draftProfile(home, profile);
  await adoptProfile(home, draft);
  await adoptProfile(home, draft);
  expect(readdirSync(home)).toEqual(["storage.json"]);
});
