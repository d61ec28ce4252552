import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { Choose } from "./choose.ts";
import { addContacts } from "./contacts.ts";
import { addFiles } from "./files.ts";
import { addIdentity } from "./identity.ts";
import { addMessages } from "./messages.ts";
import { addObjects } from "./objects.ts";
import { addProfile } from "./profile.ts";
import { addRooms } from "./rooms.ts";

/** The whole grammar of the command line, a file for each topic. */
export function commands(choose: Choose): Command {
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
  addFiles(program, choose);
  addObjects(program, choose);
  addProfile(program, choose);
  addRooms(program, choose);
  return program;
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string };
  return version;
}
