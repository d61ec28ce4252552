import { createHash, randomFillSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LogEntry } from "@cweb/s3-server";
import { acquaint, type Line, type Person, person, type Store, scratch, start, startStore } from "./cli.ts";
import { type FaultyLink, faultyLink, type LinkFaults } from "./faulty-link.ts";

export const chunk: number = 2 ** 20;
/** What the command line transfers at a time at most (README of file-sharing). */
export const parallel = 8;

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
export const sha256Of = (path: string): string => sha256(readFileSync(path));

/** A file of incompressible bytes; answers its path. */
export function randomFile(folder: string, name: string, size: number): string {
  const path = join(folder, name);
  writeFileSync(path, randomFillSync(Buffer.alloc(size)));
  return path;
}

/** Two people who know each other, whose stores are reached over a bad network. */
export async function pairOverLink(faults: LinkFaults = {}): Promise<{
  readonly folder: string;
  readonly store: Store;
  readonly link: FaultyLink;
  readonly ada: Person;
  readonly ben: Person;
}> {
  const folder = scratch();
  const store = await startStore();
  const link = await faultyLink(store.server.url);
  const profileOf = async (name: string): Promise<string> =>
    JSON.stringify({ ...(JSON.parse(await store.mailbox(name)) as object), endpoint: link.url });
  const [ada, ben] = [await person(folder, "ada", await profileOf("ada")), await person(folder, "ben", await profileOf("ben"))];
  await acquaint(ada, ben);
  link.setFaults(faults);
  return { folder, store, link, ada, ben };
}

/** Requests for chunks and pages of files: those with large bodies. */
export const transfers = (log: readonly LogEntry[], method: "GET" | "PUT"): readonly LogEntry[] =>
  log.filter((entry) => entry.method === method && entry.status === 200 && (method === "PUT" ? entry.bytesIn : entry.bytesOut) >= 65_536);

/** How many of these were for something that had been there or fetched before. */
export function repeated(entries: readonly LogEntry[]): number {
  return entries.length - new Set(entries.map(({ bucket, path }) => `${bucket}/${path}`)).size;
}

export interface Life {
  readonly code: number | null;
  readonly lines: readonly Line[];
  readonly stderr: string;
}

/** One process that is killed by SIGKILL as soon as `isTime`, looked at every few ms; or lives. */
export async function lifeUntil(one: Person, args: readonly string[], isTime: () => boolean): Promise<Life> {
  const child = start(["--home", one.home, "--json", ...args]);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.end();
  const watch = setInterval(() => isTime() && child.kill("SIGKILL"), 3);
  const [code] = (await once(child, "close")) as [number | null];
  clearInterval(watch);
  const lines = stdout
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as Line);
  return { code, lines, stderr };
}
