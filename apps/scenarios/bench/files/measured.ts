import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Milliseconds and MiB. */
export interface Measurement {
  readonly wall: number;
  readonly cpu: number;
  readonly peak: number;
}

export interface NodeResult extends Measurement {
  /** What the script answered beside its own figures. */
  readonly answer: Readonly<Record<string, string | number>>;
}

const ticksPerSecond = 100;
const lookEvery = 20;

/** Runs a script of this folder in a process of its own, which measures itself from when its modules are loaded. */
export async function runNode(script: string, job: object, onStart?: (child: ChildProcess) => void): Promise<NodeResult> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const flags = ["--conditions=@cweb/source", "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...flags, path, JSON.stringify(job)], { stdio: ["ignore", "pipe", "inherit"] });
  onStart?.(child);
  let output = "";
  for await (const part of child.stdout) output += String(part);
  const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once("exit", resolve)));
  if (code !== 0) throw new Error(`${script} ended with ${code ?? child.signalCode}`);
  return JSON.parse(output) as NodeResult;
}

/** Runs another program and looks at its process every 20 ms. Linux only. */
export async function runProgram(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Measurement> {
  const start = performance.now();
  const child = spawn(command, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env.PATH, HOME: "/nonexistent", ...env },
  });
  let trouble = "";
  child.stderr.on("data", (part) => {
    trouble = (trouble + String(part)).slice(-2000);
  });
  const seen = { cpu: 0, peak: 0 };
  const look = setInterval(() => Object.assign(seen, lookAt(child.pid ?? 0) ?? {}), lookEvery);
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("exit", resolve));
  clearInterval(look);
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}: ${trouble}`);
  return { wall: performance.now() - start, ...seen };
}

function lookAt(pid: number): { cpu: number; peak: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    return peak === undefined ? undefined : { cpu: (ticks * 1000) / ticksPerSecond, peak: Number(peak) / 1024 };
  } catch {
    return undefined; // it has just ended
  }
}

/** For the scripts themselves: runs `work` and prints its figures. */
export async function measureSelf(work: () => Promise<Readonly<Record<string, string | number>>>): Promise<void> {
  const wall = performance.now();
  const before = process.cpuUsage();
  const answer = await work();
  const { user, system } = process.cpuUsage(before);
  const figures = { wall: performance.now() - wall, cpu: (user + system) / 1000, peak: process.resourceUsage().maxRSS / 1024 };
  console.log(JSON.stringify({ ...figures, answer }));
}
