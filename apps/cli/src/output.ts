import type { Line } from "./line.ts";
import { CliError, type Problem, problemOf } from "./problem.ts";
import { sentence } from "./sentences.ts";

/** The two streams: results on standard output, problems on standard error. */
export class Output {
  readonly isJson: boolean;

  constructor(isJson: boolean) {
    this.isJson = isJson;
    // Failures are answered to whoever writes; without a listener they would end the process.
    process.stdout.on("error", () => undefined);
    process.stderr.on("error", () => undefined);
  }

  /** Resolves when the line has left this process. Throws `CliError` `output-closed` or `output-failed`: then nobody has it. */
  async line(line: Line): Promise<void> {
    const text = this.isJson ? jsonLine(line) : sentence(line);
    await write(process.stdout, `${text}\n`);
  }

  /** What went wrong on the way: what waits for it is tried again by later commands. */
  async problem(error: unknown, about: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.say(problemOf(error), about, "It is tried again later.");
  }

  /** What ended the command: nothing but another one tries it again. */
  async failure(error: unknown): Promise<void> {
    await this.say(problemOf(error), {}, "Try again later.");
  }

  async say({ code, message, retryable }: Problem, about: Readonly<Record<string, unknown>> = {}, advice = ""): Promise<void> {
    const contact = typeof about.contact === "string" ? `${about.contact}: ` : "";
    const text = this.isJson
      ? jsonLine({ type: "error", code, message, retryable, ...about })
      : `cweb: ${contact}${message}${retryable && advice !== "" ? ` (${advice})` : ""}`;
    // With standard error closed there is nobody left to tell.
    await write(process.stderr, `${text}\n`).catch(() => undefined);
  }
}

/** One line for every reader: Unicode's own line ends are escaped, since many a language splits there, too. */
function jsonLine(value: object): string {
  return JSON.stringify(value).replaceAll(/[\u0085\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (!error) resolve();
      else if ("code" in error && error.code === "EPIPE")
        reject(new CliError("output-closed", "Nobody reads the output any more.", { cause: error }));
      else reject(new CliError("output-failed", `The output cannot be written: ${error.message}`, { cause: error }));
    });
  });
}
