import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const program = fileURLToPath(new URL("run-cweb-s3.ts", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `cweb-s3` to its end. */
export function cwebS3(...args: string[]): Promise<Finished> {
  const child = launch(args);
  return new Promise((resolve) => {
    const texts = { out: "", err: "" };
    child.stdout?.on("data", (part: Buffer) => {
      texts.out += part.toString();
    });
    child.stderr?.on("data", (part: Buffer) => {
      texts.err += part.toString();
    });
    child.on("close", (code) => resolve({ code, ...texts }));
  });
}

export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  /** Sends a signal and answers with the exit code, or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** Starts `cweb-s3` as a process of its own; resolves when it says that it listens. */
export async function startProcess(...args: string[]): Promise<RunningServer> {
  const child = launch(args);
  const ended = new Promise<number | string>((resolve) => child.on("exit", (code, signal) => resolve(signal ?? code ?? -1)));
  const end = (signal: NodeJS.Signals): Promise<number | string> => {
    child.kill(signal);
    return ended;
  };
  onTestFinished(async () => void (await end("SIGKILL")));
  let out = "";
  for await (const part of child.stdout ?? []) {
    out += String(part);
    const url = /^listening (\S+)$/m.exec(out)?.[1];
    if (url !== undefined) return { url, pid: child.pid ?? -1, end };
  }
  throw new Error(`cweb-s3 ended: ${await ended}`);
}

function launch(args: readonly string[]): ChildProcess {
  const flags = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];
  return spawn(process.execPath, [...flags, program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}
