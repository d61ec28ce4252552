import { CliError } from "./problem.ts";

/** More than any message or profile may have; a mistake such as a whole disk image ends here. */
const most = 16 * 1024 * 1024;

/** All of standard input, exactly as it is. Throws `CliError` `bad-text` where it is not UTF-8, or endless. */
export async function readStandardInput(): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of process.stdin) {
    const bytes = part as Buffer;
    length += bytes.length;
    if (length > most) throw new CliError("bad-text", "Standard input is far larger than anything that can be sent.");
    parts.push(bytes);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
  } catch (cause) {
    throw new CliError("bad-text", "Standard input is not text in UTF-8.", { cause });
  }
}
