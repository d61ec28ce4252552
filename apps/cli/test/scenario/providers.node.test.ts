import type { ProviderProfile } from "@cweb/s3-server";
import { expect, test } from "vitest";
import { s3Pair } from "../support/cli.ts";

const profiles: readonly (readonly [string, ProviderProfile])[] = [
  ["403 for what is missing, conditions refused", { missing: 403, condPut: "501" }],
  ["404 for what is missing, conditions ignored, readers that may list", { missing: 404, condPut: "ignored", reader: "get+list" }],
];

test.each(profiles)("two people talk on a store with %s", async (_, profile) => {
  const { store, ada, ben } = await s3Pair(profile);
  await ada.ok(["send", "ben", "one"]);
  expect((await ben.messages(1)).map(({ text }) => text)).toEqual(["one"]);
  await ben.ok(["send", "ada", "two"]);
  expect((await ada.messages(1)).map(({ text }) => text)).toEqual(["two"]);
  expect(store.log.filter(({ path, status }) => path === "" || status >= 500).every(({ method }) => method === "PUT")).toBe(true);
});
