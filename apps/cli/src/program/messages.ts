import { type Command, InvalidArgumentError } from "commander";
import type { Choose } from "./choose.ts";

export function addMessages(program: Command, choose: Choose): void {
  const load = () => import("../commands/send.ts");
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
    .action((flags) => choose(async (context) => (await import("../commands/receive.ts")).receive(context, flags)));
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > 1_000_000) throw new InvalidArgumentError("It must be a number of seconds.");
  return value;
}
