import { expect, test } from "vitest";
import { cipherSuite } from "../../src/index.ts";
import { libsodiumSuite } from "../../src/libsodium.ts";
import { nobleSuite } from "../../src/noble.ts";
import { nodeSuite } from "../../src/node.ts";

test("the default suite of Node is node's", () => {
  expect(cipherSuite.provider).toBe("node");
});

test("each subpath gives its own provider", async () => {
  expect([nobleSuite.provider, nodeSuite.provider, (await libsodiumSuite()).provider]).toEqual(["noble", "node", "libsodium"]);
});

test("an aborted signal ends the loading of libsodium", async () => {
  await expect(libsodiumSuite({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});
