import type { Command } from "commander";
import type { Choose } from "./choose.ts";

export function addIdentity(program: Command, choose: Choose): void {
  program
    .command("init")
    .description("make an identity over a bucket of yours")
    .option("--storage <profile>", "@FILE, @- (standard input) or the text itself (CWEB_STORAGE)")
    .option("--public <name=value>", "a property that everybody may read; may be repeated", collect)
    .action((flags) => choose(async (context) => (await import("../commands/init.ts")).init(context, flags)));
  program
    .command("card")
    .description("print the line to hand to others")
    .option("--qr", "as a QR code, too")
    .action((flags) => choose(async (context) => (await import("../commands/card.ts")).card(context, flags)));
  program
    .command("status")
    .description("what waits, what is missing, and what it costs")
    .action(() => choose(async (context) => (await import("../commands/status.ts")).status(context)));
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
