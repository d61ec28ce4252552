import type { Command } from "commander";
import type { Choose } from "./choose.ts";

export function addProfile(program: Command, choose: Choose): void {
  const load = () => import("../commands/profile.ts");
  const which = ["--profile <name>", "one of several profiles of yours; nobody learns its name"] as const;
  const profile = program.command("profile").description("your name, status and picture, for contacts of your choice");
  profile
    .command("set")
    .description("change properties: name, status, or any other; KEY= removes one")
    .argument("[key=value...]")
    .option("--picture <file>", "PNG, JPEG, WebP, AVIF or GIF of at most 256 KiB; empty: none")
    .option(...which)
    .action((pairs, flags) => choose(async (context) => (await load()).set(context, pairs, flags)));
  profile
    .command("share")
    .description("let contacts see a profile, instead of the one that they saw before")
    .argument("<contact...>")
    .option(...which)
    .action((contacts, flags) => choose(async (context) => (await load()).share(context, contacts, flags)));
  profile
    .command("unshare")
    .description("let contacts see no profile any more")
    .argument("<contact...>")
    .action((contacts) => choose(async (context) => (await load()).unshare(context, contacts)));
  profile
    .command("show")
    .description("your profile, or a contact's")
    .argument("[contact]")
    .option(...which)
    .option("--picture <file>", "write the picture there; it must not exist yet")
    .action((contact, flags) => choose(async (context) => (await load()).show(context, contact, flags)));
}
