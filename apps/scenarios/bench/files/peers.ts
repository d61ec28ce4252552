// The programs that are compared with, as they come from Debian, with their usual settings; restic without its compression, which
// cannot help here and would only cost it.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Measurement, runProgram } from "./measured.ts";
import type { Bucket } from "./shared-server.ts";

export interface Peer {
  readonly name: "rclone" | "restic";
  /** Before each upload; not measured. */
  prepare(place: Bucket): Promise<unknown>;
  up(place: Bucket, file: string): Promise<Measurement>;
  /** Into a folder that is empty. */
  down(place: Bucket, folder: string): Promise<Measurement>;
}

function rcloneEnv(place: Bucket): Record<string, string> {
  return {
    RCLONE_CONFIG: "/nonexistent/rclone.conf",
    RCLONE_CONFIG_STORE_TYPE: "s3",
    RCLONE_CONFIG_STORE_PROVIDER: "Other",
    RCLONE_CONFIG_STORE_ENDPOINT: place.endpoint,
    RCLONE_CONFIG_STORE_REGION: "us-east-1",
    RCLONE_CONFIG_STORE_ACCESS_KEY_ID: place.accessKeyId,
    RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY: place.secretAccessKey,
    RCLONE_CONFIG_SEALED_TYPE: "crypt",
    RCLONE_CONFIG_SEALED_REMOTE: `store:${place.bucket}`,
    RCLONE_CONFIG_SEALED_PASSWORD: spawnSync("rclone", ["obscure", "bench"], { encoding: "utf8" }).stdout.trim(),
  };
}

const rclone: Peer = {
  name: "rclone",
  prepare: async () => undefined,
  up: (place, file) => runProgram("rclone", ["copyto", file, "sealed:file"], rcloneEnv(place)),
  down: (place, folder) => runProgram("rclone", ["copyto", "sealed:file", join(folder, "file")], rcloneEnv(place)),
};

function restic(place: Bucket, args: readonly string[]): Promise<Measurement> {
  const env = { AWS_ACCESS_KEY_ID: place.accessKeyId, AWS_SECRET_ACCESS_KEY: place.secretAccessKey, RESTIC_PASSWORD: "bench" };
  const repository = `s3:${place.endpoint}/${place.bucket}`;
  const flags = ["--repo", repository, "--no-cache", "--quiet", "--compression", "off", "--option", "s3.bucket-lookup=path"];
  return runProgram("restic", [...flags, ...args], env);
}

const resticPeer: Peer = {
  name: "restic",
  prepare: (place) => restic(place, ["init"]),
  up: (place, file) => restic(place, ["backup", file]),
  down: (place, folder) => restic(place, ["restore", "latest", "--target", folder]),
};

const isInstalled = ({ name }: Peer): boolean => spawnSync(name, ["version"], { stdio: "ignore" }).status === 0;

/** Those that are there. The others are named, with the way to get them. */
export function installedPeers(): readonly Peer[] {
  const all = [rclone, resticPeer];
  const found = process.platform === "linux" ? all.filter(isInstalled) : [];
  const missing = all.filter((peer) => !found.includes(peer)).map(({ name }) => name);
  if (missing.length > 0) console.log(`Not here, left out: ${missing.join(", ")}. On Debian: sh apps/bench/setup/file-peers.sh`);
  return found;
}
