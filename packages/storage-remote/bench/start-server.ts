import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { S3Location } from "../src/profile.ts";

export interface Locations {
  readonly owner: S3Location;
  readonly peer: S3Location;
}

/** The embedded server in a process of its own, so that its CPU is not counted. Ends when its standard input does. */
export async function startServer(): Promise<{ server: ChildProcess; locations: Locations }> {
  const script = fileURLToPath(new URL("./server-process.ts", import.meta.url));
  const server = spawn(process.execPath, ["--conditions=@cweb/source", script], { stdio: ["pipe", "pipe", "inherit"] });
  if (server.stdout === null) throw new Error("the server has no output");
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  return { server, locations: JSON.parse(line.toString()) as Locations };
}
