import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMailbox, type LogEntry, type ProviderProfile, type S3Server, startS3Server } from "@cweb/s3-server";
import { afterAll, beforeAll, onTestFinished } from "vitest";

const bin = new URL("../../bin/cweb.mjs", import.meta.url).pathname;
/** Hundreds of short processes: compiling the same modules anew is a good part of each. */
const compiled = new URL("../../node_modules/.cache/compiled", import.meta.url).pathname;

export type Line = { readonly type: string } & Readonly<Record<string, unknown>>;

export interface Result {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON lines; empty where `--json` was not asked for. */
  readonly lines: readonly Line[];
  readonly errors: readonly Line[];
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** SIGKILL after so many ms. */
  readonly killAfter?: number;
}

const parse = (text: string): readonly Line[] =>
  text.split("\n").flatMap((line) => (line.startsWith("{") && line.endsWith("}") ? [JSON.parse(line) as Line] : []));

export function start(args: readonly string[], { env = {}, cwd }: RunOptions = {}) {
  const { CWEB_HOME: _, CWEB_STORAGE: __, ...inherited } = process.env;
  return spawn(process.execPath, [bin, ...args], {
    env: { ...inherited, NODE_COMPILE_CACHE: compiled, ...env },
    ...(cwd ? { cwd } : {}),
    stdio: "pipe",
  });
}

/** One process of the built command. */
export async function cweb(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const child = start(args, options);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const timer = options.killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), options.killAfter);
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  clearTimeout(timer);
  return { code, signal, stdout, stderr, lines: parse(stdout), errors: parse(stderr) };
}

export interface Store {
  readonly server: S3Server;
  readonly log: LogEntry[];
  readonly data: string;
  /** A new bucket with two keys: its profile as text. */
  mailbox(name: string): Promise<string>;
  stop(): Promise<void>;
  restart(): Promise<void>;
}

/** Says when something is needed no more. Default: when the test is over. */
export type AtEnd = (clean: () => unknown) => void;
export const whenTestEnds: AtEnd = (clean) => onTestFinished(async () => void (await clean()));

/** A folder that is gone when the test is over. */
export function scratch(atEnd: AtEnd = whenTestEnds): string {
  const folder = mkdtempSync(join(tmpdir(), "cweb-cli-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An S3 server in this process, until the test is over. */
export async function startStore(profile: ProviderProfile = {}, atEnd: AtEnd = whenTestEnds): Promise<Store> {
  const dataDir = scratch(atEnd);
  const log: LogEntry[] = [];
  const begin = (port: number): Promise<S3Server> =>
    startS3Server({ dataDir, host: "127.0.0.1", port, profile, log: (entry) => log.push(entry) });
  let server = await begin(0);
  const port = Number(new URL(server.url).port);
  let isUp = true;
  const store = {
    get server() {
      return server;
    },
    log,
    data: dataDir,
    async mailbox(name: string) {
      const { bucket, write, read } = await createMailbox(dataDir, name);
      return JSON.stringify({
        type: "s3",
        endpoint: server.url,
        region: "us-east-1",
        bucket,
        prefix: "cweb/",
        pathStyle: true,
        read,
        write,
      });
    },
    async stop() {
      if (isUp) await server.close();
      isUp = false;
    },
    async restart() {
      await store.stop();
      server = await begin(port);
      isUp = true;
    },
  };
  atEnd(() => store.stop());
  return store;
}

/** One home on the command line. */
export class Person {
  readonly home: string;

  constructor(folder: string, name: string) {
    this.home = join(folder, name);
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
    return cweb(["--home", this.home, "--json", ...args], options);
  }

  /** Runs what must succeed. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<readonly Line[]> {
    const result = await this.run(args, options);
    if (result.code !== 0) throw new Error(`cweb ${args.join(" ")} ended with ${result.code}: ${result.stderr}`);
    return result.lines;
  }

  async card(): Promise<string> {
    const [line] = await this.ok(["card"]);
    return String(line?.card);
  }

  async status(): Promise<Line> {
    const [line] = await this.ok(["status"]);
    if (!line) throw new Error("no status");
    return line;
  }

  /** The messages that rounds of `receive` bring until there are `count`, or ten rounds are over. */
  async messages(count: number): Promise<readonly Line[]> {
    const found: Line[] = [];
    for (let round = 0; round < 10 && found.length < count; round++) {
      found.push(...(await this.ok(["receive"])).filter(({ type }) => type === "message"));
    }
    return found;
  }
}

export async function person(folder: string, name: string, profile: string): Promise<Person> {
  const one = new Person(folder, name);
  await one.ok(["init", "--storage", profile]);
  return one;
}

export async function acquaint(ada: Person, ben: Person): Promise<void> {
  const [hers, his] = await Promise.all([ada.card(), ben.card()]);
  await Promise.all([ada.ok(["add", his, "--as", "ben"]), ben.ok(["add", hers, "--as", "ada"])]);
}

export const folderProfile = (folder: string, name: string): string =>
  JSON.stringify({ type: "folder", path: join(folder, `${name}-bucket`) });

/** Two people over folders, who know each other. */
export async function folderPair(): Promise<{ readonly folder: string; readonly ada: Person; readonly ben: Person }> {
  const folder = scratch();
  const [ada, ben] = await Promise.all([
    person(folder, "ada", folderProfile(folder, "ada")),
    person(folder, "ben", folderProfile(folder, "ben")),
  ]);
  await acquaint(ada, ben);
  return { folder, ada, ben };
}

/** Two people over an S3 server, who know each other. */
export async function s3Pair(profile: ProviderProfile = {}): Promise<{
  readonly folder: string;
  readonly store: Store;
  readonly ada: Person;
  readonly ben: Person;
}> {
  const folder = scratch();
  const store = await startStore(profile);
  const profiles = [await store.mailbox("ada"), await store.mailbox("ben")] as const;
  const [ada, ben] = await Promise.all([person(folder, "ada", profiles[0]), person(folder, "ben", profiles[1])]);
  await acquaint(ada, ben);
  return { folder, store, ada, ben };
}

/** Two people over folders for all tests of a `describe`: each leaves them with nothing waiting. */
export function sharedPair(): { readonly ada: Person; readonly ben: Person } {
  const folder = mkdtempSync(join(tmpdir(), "cweb-cli-"));
  const pair = { ada: new Person(folder, "ada"), ben: new Person(folder, "ben") };
  beforeAll(async () => {
    const people = [pair.ada, pair.ben];
    await Promise.all(people.map((one, i) => one.ok(["init", "--storage", folderProfile(folder, i === 0 ? "ada" : "ben")])));
    await acquaint(pair.ada, pair.ben);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return pair;
}
