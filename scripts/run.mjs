// Runs one root script with everything it needs. Wants only Node >= 20 and npm: pnpm comes from the npm registry, and so does
// Node 24 where the Node at hand is older than 22.13 (docs/decisions/001). Both are kept under node_modules/.cache; nothing is global.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const borrowedNode = "24.21.0";
const root = fileURLToPath(new URL("..", import.meta.url));
const toolchain = join(root, "node_modules", ".cache", "toolchain");
const binaries = join(toolchain, "node_modules", ".bin");
const isWindows = process.platform === "win32";
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
const { packageManager, scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const [major, minor] = process.versions.node.split(".").map(Number);
const isCurrent = major > 22 || (major === 22 && minor >= 13);

const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
// npm run exports its own settings as npm_config_*; pnpm must not take them for its own.
for (const key of Object.keys(env)) if (/^npm_(package|lifecycle|config_user_agent|execpath|command)/.test(key)) delete env[key];

/**
 * Answers the exit code. At a terminal, Ctrl-C reaches all programs of its group by itself. Elsewhere the child leads a group of its own, to
 * which every signal is passed on, since a shell in between would end without telling its children. npm itself passes nothing on to us
 * when it is killed: that is seen by our parent's being another.
 */
function run(command, args, cwd = root) {
  return new Promise((resolve) => {
    const leads = !process.stdin.isTTY && !isWindows;
    const child = spawn(command, args, { cwd, env, stdio: "inherit", shell: isWindows, detached: leads });
    const passOn = (signal) => {
      if (leads && child.pid) process.kill(-child.pid, signal);
      else if (signal !== "SIGINT") child.kill(signal);
    };
    const { ppid } = process;
    const watch = setInterval(() => process.ppid !== ppid && passOn("SIGTERM"), 500);
    for (const signal of signals) process.on(signal, passOn);
    const end = (code) => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, passOn);
      resolve(code);
    };
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      end(1);
    });
    child.on("close", (code, signal) => end(code ?? 128 + (constants.signals[signal] ?? 1)));
  });
}

/** Runs a script of package.json as npm would, but with no program in between that keeps signals to itself. */
function runScript(name, args) {
  const script = scripts[name];
  return isWindows ? run(script, args) : run("sh", ["-c", `${script} "$@"`, "sh", ...args]);
}

/** The packages that this machine lacks, as exact npm versions; undefined where Node cannot be borrowed. */
function wanted() {
  if (isCurrent) return [packageManager];
  const { platform, arch } = process;
  const hasNode = platform === "linux" && (arch === "x64" || arch === "arm64");
  return hasNode ? [packageManager, `node-linux-${arch}@${borrowedNode}`] : undefined;
}

function isPresent(name) {
  const at = name.lastIndexOf("@");
  const manifest = join(toolchain, "node_modules", name.slice(0, at), "package.json");
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version === name.slice(at + 1);
}

async function borrow(packages) {
  if (packages.every(isPresent)) return 0;
  mkdirSync(toolchain, { recursive: true });
  // A manifest of its own: npm must not take the repository above for the project that it installs into.
  writeFileSync(join(toolchain, "package.json"), '{ "private": true }\n');
  return run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", ...packages], toolchain);
}

/** `npx cweb` in a clone then runs under the borrowed Node too: the commands' starters prefer a node that lies beside them. */
function lendNode() {
  const link = join(root, "node_modules", ".bin", "node");
  if (isCurrent) return;
  rmSync(link, { force: true });
  symlinkSync(join("..", ".cache", "toolchain", "node_modules", ".bin", "node"), link);
}

async function main([script, ...args]) {
  if (!scripts[script]) {
    console.error(`package.json has no script "${script}".`);
    return 2;
  }
  const packages = wanted();
  if (!packages) {
    console.error(`Cweb needs Node 22.13 or newer; this is ${process.version}. Install a current Node (nodejs.org) and try again.`);
    return 1;
  }
  env.PATH = [join(root, "node_modules", ".bin"), binaries, env.PATH].join(delimiter);
  const installed = (await borrow(packages)) || (await run("pnpm", ["install", "--frozen-lockfile", "--config.confirmModulesPurge=false"]));
  if (installed) return installed;
  // Where node_modules had to be made anew, the cache inside it went with it.
  const again = await borrow(packages);
  if (again) return again;
  lendNode();
  return runScript(script, args);
}

process.exitCode = await main(process.argv.slice(2));
