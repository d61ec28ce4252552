// The server that all contestants share, in a process of its own. First line: its address and keys. Then a line of JSON answers each line of its standard
// input: `count` tells the requests since the last `count`, `empty BUCKET` deletes what is in a bucket. Ends with its standard input.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type LogEntry, startS3Server } from "@cweb/s3-server";

const dataDir = await mkdtemp(join(tmpdir(), "cweb-files-"));
let log: LogEntry[] = [];
const server = await startS3Server({ dataDir, log: (entry) => log.push(entry) });
const names = ["bench-ours", "bench-plain", "bench-rclone", "bench-restic"];
const mailboxes = await Promise.all(names.map((name) => server.addMailbox(name)));
console.log(JSON.stringify({ url: server.url, mailboxes }));

async function empty(bucket: string): Promise<void> {
  const objects = join(dataDir, "buckets", bucket, "objects");
  for (const name of await readdir(objects)) await rm(join(objects, name));
}

function count(): object {
  const of = (method: string): LogEntry[] => log.filter((entry) => entry.method === method);
  const stored = of("PUT").filter(({ status }) => status === 200);
  const counts = {
    get: of("GET").length,
    put: of("PUT").length,
    stored: stored.length,
    paths: new Set(stored.map(({ path }) => path)).size,
    list: of("GET").filter(({ path }) => path === "").length,
  };
  log = [];
  return counts;
}

for await (const line of createInterface({ input: process.stdin })) {
  const [word, bucket] = line.split(" ");
  if (word === "empty" && bucket !== undefined) await empty(bucket);
  console.log(JSON.stringify(word === "count" ? count() : {}));
}
await server.close();
await rm(dataDir, { recursive: true, force: true });
