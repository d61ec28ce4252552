import { homedir } from "node:os";
import { join } from "node:path";
import { type Command, CommanderError } from "commander";
import type { Context } from "./context.ts";
import { Output } from "./output.ts";
import { CliError, exitCodeOf, exitCodes } from "./problem.ts";
import type { Run } from "./program/choose.ts";
import { commands } from "./program/commands.ts";

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
    if (!(error instanceof CliError && error.code === "output-closed")) await output.failure(error);
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
  const { CWEB_HOME, CWEB_STORAGE, CWEB_CLOCK_OFFSET_MS, CWEB_ROOMS: rooms = "accept" } = process.env;
  const clockOffset = CWEB_CLOCK_OFFSET_MS ? Number(CWEB_CLOCK_OFFSET_MS) : 0;
  if (!Number.isSafeInteger(clockOffset)) throw new CliError("usage", "CWEB_CLOCK_OFFSET_MS must be a whole number of milliseconds.");
  if (rooms !== "accept" && rooms !== "ask") throw new CliError("usage", "CWEB_ROOMS must be accept or ask.");
  if (clockOffset !== 0) {
    const message = `The clock is shifted by ${clockOffset} ms (CWEB_CLOCK_OFFSET_MS): this is for tests only.`;
    await output.say({ code: "clock-offset", message, retryable: false });
  }
  return { home: home || CWEB_HOME || join(homedir(), ".cweb"), requests, output, clockOffset, rooms, storage: CWEB_STORAGE, signal };
}
