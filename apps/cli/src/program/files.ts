import { type Command, InvalidArgumentError } from "commander";
import type { ByteRange } from "../commands/fetch.ts";
import type { Choose } from "./choose.ts";

export function addFiles(program: Command, choose: Choose): void {
  const load = () => import("../commands/files.ts");
  program
    .command("share")
    .description("upload a file, encrypted, for some contacts; run it again to go on after an interruption")
    .argument("<file>")
    .argument("<name...>", "the contacts who get it")
    .action((file, names) => choose(async (context) => (await import("../commands/share.ts")).share(context, file, names)));
  program
    .command("files")
    .description("list the files that you share, and with whom")
    .action(() => choose(async (context) => (await load()).files(context)));
  program
    .command("unshare")
    .description("delete a shared file from your bucket")
    .argument("<fileid>")
    .action((fileId) => choose(async (context) => (await load()).unshare(context, fileId)));
  program
    .command("fetch")
    .description("download a file; run it again to go on after an interruption")
    .argument("<reference>", "the line that begins with cweb-file:, or the id of the message that brought it")
    .option("--out <path>", "a file, or a folder that exists (default: downloads in the home)")
    .option("--range <offset+length>", "only these bytes, into --out", range)
    .option("--force", "overwrite a file that is there")
    .action((what, flags) => choose(async (context) => (await import("../commands/fetch.ts")).fetchFile(context, what, flags)));
}

function range(text: string): ByteRange {
  const [, offset, length] = /^(\d{1,16})\+(\d{1,16})$/.exec(text) ?? [];
  const range = { offset: Number(offset), length: Number(length) };
  if (!Number.isSafeInteger(range.offset + range.length))
    throw new InvalidArgumentError("It must be OFFSET+LENGTH in bytes, such as 0+4096.");
  return range;
}
