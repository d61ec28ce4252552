import { createHash, randomFillSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LogEntry } from "@cweb/s3-server";
import { afterAll, beforeAll } from "vitest";
import {
  type AtEnd,
  acquaint,
  type Line,
  type Person,
  person,
  type Result,
  type Store,
  scratch,
  start,
  startStore,
  whenTestEnds,
} from "./cli.ts";
import { type FaultyLink, faultyLink, type LinkFaults } from "./faulty-link.ts";

export const chunk: number = 2 ** 20;
/** What the command line transfers at a time at most (README of file-sharing). */
export const parallel = 8;

/** Exit code and the last problem's code. */
export const errorsOf = ({ code, errors }: Result): readonly unknown[] => [code, errors.at(-1)?.code];

/** The one line of this type. */
export function only(lines: readonly Line[], type: string): Line {
  const [line, ...more] = lines.filter((each) => each.type === type);
  if (!line || more.length > 0) throw new Error(`There are ${line ? 1 + more.length : 0} lines of type ${type}.`);
  return line;
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
export const sha256Of = (path: string): string => sha256(readFileSync(path));

/** A file of incompressible bytes; answers its path. */
export function randomFile(folder: string, name: string, size: number): string {
  const path = join(folder, name);
  writeFileSync(path, randomFillSync(Buffer.alloc(size)));
  return path;
}

/** Two people who know each other, whose stores are reached over a bad network. */
export interface PairOverLink {
  readonly folder: string;
  readonly store: Store;
  readonly link: FaultyLink;
  readonly ada: Person;
  readonly ben: Person;
}

/** Until the test is over. */
export async function pairOverLink(faults: LinkFaults = {}, atEnd: AtEnd = whenTestEnds): Promise<PairOverLink> {
  const folder = scratch(atEnd);
  const store = await startStore({}, atEnd);
  const link = await faultyLink(store.server.url, {}, atEnd);
  const profileOf = async (name: string): Promise<string> =>
    JSON.stringify({ ...(JSON.parse(await store.mailbox(name)) as object), endpoint: link.url });
  const profiles = [await profileOf("ada"), await profileOf("ben")] as const;
  const [ada, ben] = await Promise.all([person(folder, "ada", profiles[0]), person(folder, "ben", profiles[1])]);
  await acquaint(ada, ben);
  link.setFaults(faults);
  return { folder, store, link, ada, ben };
}

/** For all tests of a `describe`: each leaves a good network, and nothing waiting. */
export function sharedPairOverLink(): { readonly pair: PairOverLink } {
  const shared = {} as { pair: PairOverLink };
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    shared.pair = await pairOverLink({}, (clean) => ends.push(clean));
  });
  afterAll(async () => {
    for (const clean of ends.reverse()) await clean();
  });
  return shared;
}

/** The messages that tell of a file of this name, once there is one. */
export async function toldOf(one: Person, name: string): Promise<readonly Line[]> {
  for (let round = 0; round < 10; round++) {
    const lines = await one.ok(["receive"]);
    const told = lines.filter(({ kind, file }) => kind === "file" && (file as { readonly name: string }).name === name);
    if (told.length > 0) return told;
  }
  return [];
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
