import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogEntry, parseProfile, type ServerClock, startS3Server } from "@cweb/s3-server";
import { createMeter, type Meter } from "../src/index.ts";
import type { S3Location } from "../src/profile.ts";

/** A server with one bucket, its owner's key and a key that may only get. */
export interface S3Fixture {
  readonly url: string;
  readonly owner: S3Location;
  readonly peer: S3Location;
  readonly log: LogEntry[];
  readonly meter: Meter;
  close(): Promise<void>;
}

export async function startFixture(profile = "", clock?: ServerClock): Promise<S3Fixture> {
  const dataDir = await mkdtemp(join(tmpdir(), "cweb-remote-"));
  const log: LogEntry[] = [];
  const settings = { dataDir, profile: parseProfile(profile), durable: false, ...(clock && { clock }) };
  const server = await startS3Server({ ...settings, log: (entry) => log.push(entry) });
  const { bucket, write, read } = await server.addMailbox("alice");
  const place = { endpoint: server.url, region: "us-east-1", bucket, prefix: "cweb/", pathStyle: true };
  return {
    url: server.url,
    owner: { ...place, credentials: write },
    peer: { ...place, credentials: read },
    log,
    meter: createMeter(),
    async close(): Promise<void> {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
