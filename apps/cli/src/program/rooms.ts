import { type Command, InvalidArgumentError } from "commander";
import type { Choose } from "./choose.ts";

export function addRooms(program: Command, choose: Choose): void {
  const load = () => import("../commands/room.ts");
  const room = program.command("room").description("a conversation of several people");
  room
    .command("create")
    .description("make a room, with you as its admin")
    .argument("<room>", "your name for it, and the one that others are told")
    .option("--keep <days>", "keep messages so long although everybody has them", days)
    .option("--no-copies", "members do not hand on what a store hides")
    .option("--no-receipts", "members do not tell what they have read")
    .action((name, flags) => choose(async (context) => (await load()).create(context, name, flags)));
  const named = [
    ["add", "invite contacts"],
    ["remove", "let members read nothing new"],
  ] as const;
  for (const [name, description] of named) {
    room
      .command(name)
      .description(description)
      .argument("<room>")
      .argument("<contact...>")
      .action((which, contacts) => choose(async (context) => (await load())[name](context, which, contacts)));
  }
  room
    .command("handover")
    .description("make another member the admin")
    .argument("<room>")
    .argument("<contact>")
    .action((which, contact) => choose(async (context) => (await load()).handover(context, which, contact)));
  const alone = [
    ["join", "accept an invitation, where CWEB_ROOMS is ask"],
    ["leave", "ask to be taken out"],
    ["status", "who is in it, what is missing, and which store withholds it"],
    ["history", "all messages that are kept, in the order that all members see"],
  ] as const;
  for (const [name, description] of alone) {
    room
      .command(name)
      .description(description)
      .argument("<room>")
      .action((which) => choose(async (context) => (await load())[name](context, which)));
  }
  room
    .command("send")
    .description("send a text to all members")
    .argument("<room>")
    .argument("<text>", "the text in quotes, or - for standard input")
    .option("--id <uuid>", "the same id is never sent twice")
    .allowUnknownOption()
    .action((which, text, flags) => choose(async (context) => (await load()).send(context, which, text, flags)));
  program
    .command("rooms")
    .description("list all rooms")
    .action(() => choose(async (context) => (await load()).list(context)));
}

function days(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 36_500) throw new InvalidArgumentError("It must be a number of days, at most 36500.");
  return value;
}
