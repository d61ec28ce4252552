import type { Command } from "commander";
import type { Choose } from "./choose.ts";

export function addContacts(program: Command, choose: Choose): void {
  const load = () => import("../commands/contacts.ts");
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
