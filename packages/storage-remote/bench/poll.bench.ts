import type { ChildProcess } from "node:child_process";
import { type Path, type RemoteReader, toPath } from "../src/index.ts";
import { s3Reader } from "../src/s3.ts";
import { s3LiteReader, s3LiteWriter } from "../src/s3-lite.ts";
import { startServer } from "./start-server.ts";

const found = toPath("f".repeat(32));
const absent = toPath("a".repeat(32));

async function poll(reader: RemoteReader, path: Path, count: number, atOnce: number): Promise<number> {
  let left = count;
  const one = async (): Promise<void> => {
    while (left-- > 0) await reader.read(path, { maxBytes: 4096 });
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return count;
}

function benchmark(title: string, path: Path, atOnce: number): object {
  let server: ChildProcess | undefined;
  return {
    title,
    unit: "requests",
    async contestants() {
      const started = await startServer();
      server = started.server;
      const { owner, peer } = started.locations;
      await s3LiteWriter(owner).write(found, new Uint8Array(4096));
      const [sdk, lite] = [s3Reader(peer), s3LiteReader(peer)];
      return { s3: () => poll(sdk, path, 300, atOnce), "s3-lite": () => poll(lite, path, 300, atOnce) };
    },
    async close() {
      server?.stdin?.end();
    },
  };
}

/** Requests a second and CPU a poll of the two S3 back-ends, against the embedded server over loopback. */
export const benches: readonly object[] = [
  benchmark("storage-remote: idle polls, one at a time", absent, 1),
  benchmark("storage-remote: idle polls, 16 at a time", absent, 16),
  benchmark("storage-remote: reads of 4 KiB, one at a time", found, 1),
  benchmark("storage-remote: reads of 4 KiB, 16 at a time", found, 16),
];
