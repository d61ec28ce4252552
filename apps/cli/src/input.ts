import { open } from "node:fs/promises";
import { utf8 } from "@cweb/crypto";
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

/** The text itself, @FILE, or @- for standard input: as bytes, at most `maxBytes`. Throws `CliError` `source-gone`, `too-large`. */
export async function readValue(given: string, maxBytes: number): Promise<Uint8Array> {
  const value = given.startsWith("@") ? await readNamed(given.slice(1), maxBytes) : utf8(given);
  if (value.length > maxBytes) throw new CliError("too-large", `A value may have ${maxBytes} bytes.`);
  return value;
}

function readNamed(name: string, maxBytes: number): Promise<Uint8Array> {
  return name === "-" ? upTo(process.stdin, maxBytes) : readFileUpTo(name, maxBytes);
}

/** A file, or a pipe, which may be endless: at most one part more than `maxBytes` is read. Throws `CliError` `source-gone`. */
export async function readFileUpTo(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const file = await open(path);
    return await upTo(file.createReadStream(), maxBytes);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === "ENOENT" ? "There is no file" : code === "EISDIR" ? "This is a folder:" : "This file cannot be read:";
    throw new CliError("source-gone", `${why} ${path}`, { cause });
  }
}

async function upTo(stream: AsyncIterable<unknown>, maxBytes: number): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part as Buffer);
    length += (part as Buffer).length;
    if (length > maxBytes) break;
  }
  return new Uint8Array(Buffer.concat(parts));
}
