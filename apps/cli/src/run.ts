import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { Context } from "./context.ts";
import { Output } from "./output.ts";
import { CliError, exitCodeOf, exitCodes } from "./problem.ts";

type Run = (context: Context) => Promise<number>;
/** Set by the command that was named; commands are loaded when they run, so that each starts fast. */
type Choose = (run: Run) => void;

/** Runs the command line and answers with the exit code. All output has left the process by then. */
export async function run(args: readonly string[]): Promise<number> {
  const options = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const output = new Output(options.includes("--json"));
  const stop = new AbortController();
  const signals = { SIGINT: 130, SIGTERM: 143 } as const;
  let interrupted: number | undefined;
  for (const [name, code] of Object.entries(signals)) {
    process.once(name, () => {
      interrupted = code;
      stop.abort(new CliError("interrupted", "Interrupted."));
    });
  }
  try {
    return await parseAndRun(args, output, stop.signal);
  } catch (error) {
    if (interrupted !== undefined && stop.signal.aborted) return interrupted;
    if (!(error instanceof CliError && error.code === "output-closed")) await output.problem(error);
    return exitCodeOf(error);
  }
}

const whatToDo = "Say what to do, such as: cweb init, cweb send NAME TEXT, cweb receive. cweb --help lists all commands.";

async function parseAndRun(args: readonly string[], output: Output, signal: AbortSignal): Promise<number> {
  let chosen: Run | undefined;
  const program = commands((run) => {
    chosen = run;
  });
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.done;
    // No command at all: the parser wants to print its help.
    throw new CliError("usage", error.code === "commander.help" ? whatToDo : usageOf(error), { cause: error });
  }
  if (!chosen) throw new CliError("usage", whatToDo);
  return chosen(await contextOf(program, output, signal));
}

function usageOf({ message }: CommanderError): string {
  const text = message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.)?]$/.test(text) ? "" : "."} (cweb --help)`;
}

async function contextOf(program: Command, output: Output, signal: AbortSignal): Promise<Context> {
  const { home, requests } = program.opts<{ readonly home?: string; readonly requests?: string }>();
  const { CWEB_HOME, CWEB_STORAGE, CWEB_CLOCK_OFFSET_MS } = process.env;
  const clockOffset = CWEB_CLOCK_OFFSET_MS ? Number(CWEB_CLOCK_OFFSET_MS) : 0;
  if (!Number.isSafeInteger(clockOffset)) throw new CliError("usage", "CWEB_CLOCK_OFFSET_MS must be a whole number of milliseconds.");
  if (clockOffset !== 0) {
    const message = `The clock is shifted by ${clockOffset} ms (CWEB_CLOCK_OFFSET_MS): this is for tests only.`;
    await output.say({ code: "clock-offset", message, retryable: false });
  }
  return { home: home || CWEB_HOME || join(homedir(), ".cweb"), requests, output, clockOffset, storage: CWEB_STORAGE, signal };
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { readonly version: string };
  return version;
}

function commands(choose: Choose): Command {
  const program = new Command("cweb");
  program
    .description("Private messages through buckets that people own.")
    .version(version())
    .option("--home <dir>", "where identity and messages are kept (CWEB_HOME; default ~/.cweb)")
    .option("--json", "one JSON object a line, for programs")
    .option("--requests <file>", "append one JSON line for each request sent")
    .exitOverride()
    .configureOutput({ outputError: () => undefined, writeErr: () => undefined });
  addIdentity(program, choose);
  addContacts(program, choose);
  addMessages(program, choose);
  return program;
}

function addIdentity(program: Command, choose: Choose): void {
  program
    .command("init")
    .description("make an identity over a bucket of yours")
    .option("--storage <profile>", "@FILE, @- (standard input) or the text itself (CWEB_STORAGE)")
    .option("--public <name=value>", "a property that everybody may read; may be repeated", collect)
    .action((flags) => choose(async (context) => (await import("./commands/init.ts")).init(context, flags)));
  program
    .command("card")
    .description("print the line to hand to others")
    .option("--qr", "as a QR code, too")
    .action((flags) => choose(async (context) => (await import("./commands/card.ts")).card(context, flags)));
  program
    .command("status")
    .description("what waits, what is missing, and what it costs")
    .action(() => choose(async (context) => (await import("./commands/status.ts")).status(context)));
}

function addContacts(program: Command, choose: Choose): void {
  const load = () => import("./commands/contacts.ts");
  program
    .command("add")
    .description("add the owner of a card")
    .argument("<card>", "the line that begins with cweb:")
    .requiredOption("--as <name>", "your name for this contact")
    .action((card, flags) => choose(async (context) => (await load()).add(context, card, flags)));
  program
    .command("contacts")
    .description("list all contacts")
    .action(() => choose(async (context) => (await load()).contacts(context)));
  program
    .command("remove")
    .description("remove a contact, its session and its keys")
    .argument("<name>")
    .action((name) => choose(async (context) => (await load()).remove(context, name)));
  program
    .command("verify")
    .description("show the safety number, or confirm what the contact read out")
    .argument("<name>")
    .option("--confirm <number>", "the digits as the contact reads them")
    .action((name, flags) => choose(async (context) => (await load()).verify(context, name, flags)));
}

function addMessages(program: Command, choose: Choose): void {
  const load = () => import("./commands/send.ts");
  program
    .command("send")
    .description("send a text")
    .argument("<name>")
    .argument("<text>", "the text in quotes, or - for standard input")
    .option("--id <uuid>", "the same id is never sent twice")
    // A text may begin with a dash.
    .allowUnknownOption()
    .action((name, text, flags) => choose(async (context) => (await load()).send(context, name, text, flags)));
  program
    .command("broadcast")
    .description("send a one-off text, without a session")
    .argument("<name>")
    .argument("<text>", "the text in quotes, or - for standard input")
    .allowUnknownOption()
    .action((name, text) => choose(async (context) => (await load()).broadcast(context, name, text)));
  program
    .command("flush")
    .description("upload what waits")
    .action(() => choose(async (context) => (await load()).flush(context)));
  program
    .command("receive")
    .description("upload what waits, and ask all contacts once")
    .option("--timeout <seconds>", "ask again until something arrives or the time is over", seconds)
    .option("--watch", "ask again and again, until Ctrl-C")
    .option("--interval <seconds>", "between two rounds", seconds)
    .option("--full", "ask for everything that could be due, now")
    .action((flags) => choose(async (context) => (await import("./commands/receive.ts")).receive(context, flags)));
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > 1_000_000) throw new InvalidArgumentError("It must be a number of seconds.");
  return value;
}
