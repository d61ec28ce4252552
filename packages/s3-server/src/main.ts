import { openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type ProviderProfile, parseProfile } from "./core/profile.ts";
import { createMailbox } from "./mailbox.ts";
import type { LogEntry } from "./respond.ts";
import { S3ServerError } from "./s3-server-error.ts";
import { startS3Server } from "./server.ts";

interface ServeFlags {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly profile: ProviderProfile;
  readonly log?: string;
}

const defaultEndpoint = "http://127.0.0.1:9000";

/** Runs the command line and answers with the exit code: 0 done, 1 failed, 2 wrong usage, 75 try again later. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    await commands().parseAsync([...args], { from: "user" });
    return 0;
  } catch (cause) {
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2;
    if (!(cause instanceof S3ServerError)) throw cause;
    process.stderr.write(`cweb-s3: ${cause.message}\n`);
    if (cause.retryable) return 75;
    return cause.code === "bad-bucket-name" || cause.code === "bad-profile" ? 2 : 1;
  }
}

function commands(): Command {
  const program = new Command("cweb-s3").exitOverride().enablePositionalOptions();
  program
    .description("A small S3 server for mailboxes of your own")
    .option("--data <dir>", "where buckets and keys are kept; made when missing")
    .option("--host <host>", "the address to listen on", "127.0.0.1")
    .addOption(new Option("--port <port>", "the port to listen on; 0 picks a free one").argParser(readPort).default(9000))
    .addOption(
      new Option("--profile <settings>", "imitate a provider: missing=403,condPut=501,…").argParser(readProfile).default({}, "as AWS"),
    )
    .option("--log <file>", "append one JSON line for each request")
    .action((flags: Partial<ServeFlags>) => serve(demandData(program, flags)));
  program
    .command("mailbox")
    .description("make a bucket with a write key and a get-only key, and print its storage profile")
    .argument("<name>", "the bucket's name")
    .option("--data <dir>", "the data directory of the server")
    .option("--endpoint <url>", "the server's address as its users reach it", readEndpoint)
    .action(async (name: string, flags: { readonly data?: string; readonly endpoint?: string }) => {
      const data = flags.data ?? program.opts<Partial<ServeFlags>>().data;
      await printMailbox(name, demandData(program, { ...flags, ...(data === undefined ? {} : { data }) }));
    });
  return program;
}

function demandData<T extends { readonly data?: string }>(program: Command, flags: T): T & { readonly data: string } {
  const { data } = flags;
  if (data === undefined || data === "") program.error("cweb-s3: please say where the data lies: --data DIR", { exitCode: 2 });
  return { ...flags, data } as T & { readonly data: string };
}

async function serve(flags: Partial<ServeFlags> & { readonly data: string }): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
  // Left open to the end of the process: requests that are broken off at the very end are logged too.
  const log = flags.log === undefined ? undefined : openLog(flags.log);
  const { data: dataDir, host = "127.0.0.1", port = 9000, profile = {} } = flags;
  const write = log === undefined ? {} : { log: (entry: LogEntry) => void writeSync(log, `${JSON.stringify(entry)}\n`) };
  const server = await startS3Server({ dataDir, host, port, profile, onFailure: tell, ...write });
  process.stdout.write(`listening ${server.url}\n`);
  await new Promise<void>((resolve) => {
    if (stopping.signal.aborted) resolve();
    stopping.signal.addEventListener("abort", () => resolve());
  });
  await server.close();
}

async function printMailbox(name: string, flags: { readonly data: string; readonly endpoint?: string }): Promise<void> {
  const { bucket, write, read } = await createMailbox(flags.data, name);
  const endpoint = flags.endpoint ?? lastEndpoint(flags.data);
  const profile = { type: "s3", endpoint, region: "us-east-1", bucket, prefix: "cweb/", pathStyle: true, read, write };
  process.stdout.write(`${JSON.stringify(profile)}\n`);
}

/** Where the server of this data directory listens, or listened last. */
function lastEndpoint(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, "url"), "utf8").trim() || defaultEndpoint;
  } catch {
    return defaultEndpoint; // it never ran
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (cause) {
    throw new S3ServerError("data-dir-unusable", `The log file ${path} cannot be written.`, { cause });
  }
}

function tell(cause: unknown): void {
  const what = cause instanceof Error ? cause.message : String(cause);
  process.stderr.write(`cweb-s3: a request failed: ${what.split("\n")[0]}\n`);
}

function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError("It must be 0 to 65535.");
  return Number(text);
}

function readProfile(text: string): ProviderProfile {
  try {
    return parseProfile(text);
  } catch (cause) {
    throw new InvalidArgumentError(cause instanceof Error ? cause.message : "");
  }
}

function readEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") throw new InvalidArgumentError("It must be an http or https URL.");
  return text.replace(/\/+$/, "");
}
