// Running other programs: their output is kept and shown only where it matters.
import { spawn } from "node:child_process";

/** Runs a program to its end. Answers { code, output }; `seconds` is how long it may take. Never rejects. */
export function command(program, args, { cwd = process.cwd(), env = {}, seconds = 300, input } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", ...env },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const chunks = [];
    const end = (code) => {
      clearTimeout(timer);
      resolve({ code, output: Buffer.concat(chunks).toString() });
    };
    const timer = setTimeout(() => {
      chunks.push(Buffer.from(`\nended after ${seconds} s\n`));
      child.kill("SIGKILL");
      // Not on "close": a grandchild may still hold the pipes.
      end(1);
    }, seconds * 1000);
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => {
      chunks.push(Buffer.from(`${program}: ${error.message}\n`));
      end(1);
    });
    child.on("close", (code) => end(code ?? 1));
    if (input !== undefined) child.stdin.end(input);
  });
}

/** A stage that is one program: one check. */
export async function asStage(program, args, options) {
  const { code, output } = await command(program, args, options);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output };
}

/** Calls work(item) for all items, at most `width` at a time; answers in order. */
export async function inParallel(items, width, work) {
  const results = [];
  const queue = [...items.entries()];
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
