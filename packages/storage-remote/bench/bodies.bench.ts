// Bodies of a file chunk's size against the embedded server over loopback: npm run bench -- bodies
import type { ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { type Fetch, type Path, toPath, type WriteOptions } from "../src/index.ts";
import { s3Reader, s3Writer } from "../src/s3.ts";
import { s3LiteReader, s3LiteWriter } from "../src/s3-lite.ts";
import { startServer } from "./start-server.ts";

const size = 1 << 20;
const atOnce = 8;
const count = 128;
const webFetch: Fetch = (url, request) => fetch(url, request);

async function each(act: (path: Path) => Promise<unknown>): Promise<number> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) await act(toPath(`body-${next++ % 32}`));
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return count;
}

function benchmark(title: string, make: (at: Awaited<ReturnType<typeof startServer>>["locations"]) => object): object {
  let server: ChildProcess | undefined;
  return {
    title,
    unit: "MiB",
    async contestants() {
      const started = await startServer();
      server = started.server;
      const contestants = make(started.locations);
      await each((path) => s3LiteWriter(started.locations.owner).write(path, randomBytes(size)));
      return contestants;
    },
    async close() {
      server?.stdin?.end();
    },
  };
}

const bytes = new Uint8Array(randomBytes(size));
const sha256 = new Uint8Array(createHash("sha256").update(bytes).digest());

/** MiB a second and CPU a MiB of the S3 back-ends. */
export const benches: readonly object[] = [
  benchmark(`storage-remote: writes of 1 MiB, ${atOnce} at a time`, ({ owner }) => {
    const put =
      (writer: ReturnType<typeof s3LiteWriter>, options: WriteOptions = {}) =>
      () =>
        each((path) => writer.write(path, bytes, options));
    return {
      "s3-lite, with the hash": put(s3LiteWriter(owner), { sha256 }),
      "s3-lite": put(s3LiteWriter(owner)),
      "s3-lite over the web's fetch, with the hash": put(s3LiteWriter(owner, { fetch: webFetch }), { sha256 }),
      "s3 (SDK), with the hash": put(s3Writer(owner), { sha256 }),
    };
  }),
  benchmark(`storage-remote: reads of 1 MiB, ${atOnce} at a time`, ({ peer }) => {
    const get = (reader: ReturnType<typeof s3LiteReader>) => () => each((path) => reader.read(path, { maxBytes: size }));
    return {
      "s3-lite": get(s3LiteReader(peer)),
      "s3-lite over the web's fetch": get(s3LiteReader(peer, { fetch: webFetch })),
      "s3 (SDK)": get(s3Reader(peer)),
    };
  }),
];
