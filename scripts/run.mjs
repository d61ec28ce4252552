// Runs one root script with everything it needs. Wants only Node >= 20 and npm: pnpm comes from the npm registry, and so does
// Node 24 where the Node at hand is older than 22.13 (docs/decisions/001). Both are kept under node_modules/.cache; nothing is global.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const borrowedNode = "24.21.0";
const root = fileURLToPath(new URL("..", import.meta.url));
const toolchain = join(root, "node_modules", ".cache", "toolchain");
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const [major, minor] = process.versions.node.split(".").map(Number);
const isCurrent = major > 22 || (major === 22 && minor >= 13);

const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
// npm run exports its own settings as npm_config_*; pnpm must not take them for its own.
for (const key of Object.keys(env)) if (/^npm_(package|lifecycle|config_user_agent|execpath|command)/.test(key)) delete env[key];

function run(command, args, cwd = root) {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: "inherit", shell: process.platform === "win32" });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

/** The packages that this machine lacks, as exact npm versions. */
function wanted() {
  const list = [packageManager];
  if (isCurrent) return list;
  const { platform, arch } = process;
  if (platform === "linux" && (arch === "x64" || arch === "arm64")) return [...list, `node-linux-${arch}@${borrowedNode}`];
  console.error(`Cweb needs Node 22.13 or newer; this is ${process.version}. Please install a current Node.`);
  process.exit(1);
}

function borrow(packages) {
  const present = packages.every((name) => {
    const at = name.lastIndexOf("@");
    const manifest = join(toolchain, "node_modules", name.slice(0, at), "package.json");
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version === name.slice(at + 1);
  });
  if (present) return 0;
  mkdirSync(toolchain, { recursive: true });
  return run("npm", ["install", "--prefix", toolchain, "--no-save", "--no-audit", "--no-fund", "--loglevel=error", ...packages], toolchain);
}

const failed = borrow(wanted());
if (failed) process.exit(failed);
env.PATH = [join(toolchain, "node_modules", ".bin"), env.PATH].join(delimiter);
const installed = run("pnpm", ["install", "--frozen-lockfile", "--config.confirmModulesPurge=false"]);
process.exit(installed || run("pnpm", ["run", ...process.argv.slice(2)]));
