// A server in a process of its own, so that its work is not counted: prints its address and two mailboxes, ends with its standard input.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startS3Server } from "@cweb/s3-server";

const dataDir = await mkdtemp(join(tmpdir(), "cweb-bench-"));
const server = await startS3Server({ dataDir });
const mailboxes = [await server.addMailbox("bench-one"), await server.addMailbox("bench-two")];
console.log(JSON.stringify({ url: server.url, mailboxes }));
process.stdin.resume().on("end", async () => {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});
