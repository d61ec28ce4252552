import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogEntry, type ProviderProfile, parseProfile, startS3Server } from "@cweb/s3-server";
import { decodeReadProfile, describeProfile, type Fetch } from "@cweb/storage-remote";
import type { Place, SeenRequest } from "./place.ts";
import { s3Bucket, s3Intruder, s3Reader, withoutPrefix } from "./s3-bucket.ts";

const provider = { accessKeyId: "PROVIDER", secretAccessKey: "what-the-provider-keeps-for-itself" };

export interface ServerPlaceOptions {
  readonly name: string;
  /** As on the command line of `cweb-s3`. */
  readonly profile?: string;
  /** Sees all that the peers send. */
  readonly fetch?: Fetch;
}

function seen({ method, bucket, path, query }: LogEntry): SeenRequest {
  const ops: Readonly<Record<string, SeenRequest["op"]>> = { GET: "get", PUT: "put", DELETE: "delete" };
  const op = path === "" || query.includes("list-type") ? "list" : (ops[method] ?? "other");
  return { op: op === "list" && method !== "GET" ? "other" : op, bucket, path: withoutPrefix(path) };
}

/** The embedded server, in the manner of some provider. What its log says is the provider's own count. */
export async function serverPlace({ name, profile: text = "", fetch }: ServerPlaceOptions): Promise<Place> {
  const profile: ProviderProfile = parseProfile(text);
  const dataDir = await mkdtemp(join(tmpdir(), "cweb-place-"));
  const log: LogEntry[] = [];
  const keys = [{ ...provider, bucket: "*", rights: ["get", "put", "delete", "list"] as const }];
  const server = await startS3Server({ dataDir, profile, keys, durable: false, log: (entry) => log.push(entry) });
  const isUnsteady = (profile.slowDown ?? 0) + (profile.cut ?? 0) > 0;
  const settings = { endpoint: server.url, isUnsteady, ...(fetch ? { fetch } : {}) };
  let made = 0;
  return {
    name,
    isUnsteady,
    readersMayList: profile.reader === "get+list",
    isRepeatable: false,
    bucket: async (label, meter) => s3Bucket(settings, await server.addMailbox(`${label}-${++made}`), provider, meter),
    openReader: (encoded, meter) => s3Reader(settings, encoded, meter),
    describeStore: (encoded) => describeProfile(decodeReadProfile(encoded)),
    intruder: (encoded, meter) => s3Intruder(settings, encoded, meter),
    async requests() {
      // A request is logged when its answer is through, which its sender may know a moment earlier.
      for (let before = -1; before !== log.length; await new Promise((resolve) => setTimeout(resolve, 5))) before = log.length;
      return log.filter(({ accessKeyId }) => accessKeyId !== provider.accessKeyId).map(seen);
    },
    async close() {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The providers of the field, in the manner of each (SPEC §9 of the server). */
const providers = {
  AWS: "missing=403",
  Ceph: "ifMatch=unquoted,missing=403,trailers=411",
  R2: "reader=get+list,missing=404",
  B2: "condPut=501",
  Garage: "condPut=ignored,reader=get+list,missing=404",
  "a bad day": "slowDown=0.1,cut=0.05,seed=7,latency=5",
} as const;

export function inMannerOf(name: keyof typeof providers): { readonly name: string; readonly open: () => Promise<Place> } {
  return { name: name === "a bad day" ? name : `S3 as of ${name}`, open: () => serverPlace({ name, profile: providers[name] }) };
}
