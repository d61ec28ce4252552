import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished, vi } from "vitest";
import { run } from "../../src/main.ts";

const program = fileURLToPath(new URL("run-cweb-s3.ts", import.meta.url));

export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `cweb-s3` to its end, in this process: commands that serve nothing need none of their own. One at a time. */
export async function cwebS3(...args: string[]): Promise<Finished> {
  const texts = { out: "", err: "" };
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    texts.out += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    texts.err += String(text);
    return true;
  });
  try {
    const code = await run(args);
    return { code, ...texts };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
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
