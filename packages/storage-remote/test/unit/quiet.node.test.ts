import { inspect } from "node:util";
import { expect, test } from "vitest";
import { decodeReadProfile, encodeReadProfile, formatStorageProfile, parseStorageProfile, readSide } from "../../src/index.ts";

const text = "s3!s3.example.org!eu-1!alice!cweb!RID!read-secret!WID!write-secret";

test("a profile that is logged shows no secret, and is whole in JSON", () => {
  const profile = parseStorageProfile(text);
  for (const value of [profile, readSide(profile), decodeReadProfile(encodeReadProfile(readSide(profile))), { ...profile }]) {
    expect(inspect(value, { depth: 9, showHidden: false })).not.toMatch(/-secret/);
    expect(inspect(value)).toContain("RID");
  }
  expect(JSON.parse(formatStorageProfile(profile))).toMatchObject({
    read: { secretAccessKey: "read-secret" },
    write: { secretAccessKey: "write-secret" },
  });
});
