// A real store for tests that run in the browser: one embedded S3 server for the whole run. A test asks for it by
// `inject("store")` and gets the address and two mailboxes, each with a write key and a key that may only get. For its types a test
// file adds `/// <reference path="…/scripts/provided.d.ts" />`.
/// <reference path="./provided.d.ts" />
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startS3Server } from "@cweb/s3-server";
import type { TestProject } from "vitest/node";

/** Called by vitest before the browser's tests; what it answers is called after them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), "cweb-store-"));
  const server = await startS3Server({ dataDir, port: 0 });
  const mailboxes = [await server.addMailbox("browser-one"), await server.addMailbox("browser-two")] as const;
  project.provide("store", { url: server.url, mailboxes });
  return async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  };
}
