// npm start: two people, two buckets, one conversation, through the real cweb and cweb-s3 processes. On the left what a person types and sees,
// on the right what the storage provider sees: its own log and its own disk. `--once` ends by itself; else all stays up until Ctrl-C.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cwebBin = join(root, "apps/cli/bin/cweb.mjs");
const serverBin = join(root, "packages/s3-server/bin/cweb-s3.mjs");
const isOnce = process.argv.includes("--once");
const isTerminal = Boolean(process.stdout.isTTY);
const folder = mkdtempSync(join(tmpdir(), "cweb-tour-"));
const at = (...names) => join(folder, ...names);
const logFile = at("provider.log");

const [left, right] = [37, 40];
const bold = (text) => (isTerminal ? `\u001b[1m${text}\u001b[0m` : text);
const dim = (text) => (isTerminal ? `\u001b[2m${text}\u001b[0m` : text);
const print = (text = "") => process.stdout.write(`${text}\n`);

/** Lines of at most `width` characters, broken between words where that is possible. */
function wrap(text, width) {
  return text.split("\n").flatMap((line) => {
    const lines = [""];
    for (const word of line.match(/\S+\s*/g) ?? []) {
      if (lines.at(-1).length + word.trimEnd().length > width && lines.at(-1) !== "") lines.push("");
      lines[lines.length - 1] += word;
      while (lines.at(-1).trimEnd().length > width) {
        const long = lines.pop();
        lines.push(long.slice(0, width), long.slice(width));
      }
    }
    return lines.map((one) => one.trimEnd());
  });
}

function sideBySide(mine, theirs) {
  for (let i = 0; i < Math.max(mine.length, theirs.length); i++)
    print(`${(mine[i] ?? "").padEnd(left)} ${dim("│")} ${theirs[i] ?? ""}`.trimEnd());
}

function heading(n, text) {
  print();
  print(bold(`${n}. ${text}`));
  print(dim(`${"─".repeat(left + 1)}┬${"─".repeat(right + 1)}`));
}

function explain(text) {
  for (const line of wrap(text, 78)) print(line);
}

/** One process; answers what it printed. */
function start(bin, args) {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (out += text));
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`${args.join(" ")} ended with ${code}: ${out}`))));
  });
  return { child, ended, output: () => out };
}

const run = (bin, args) => start(bin, args).ended;
const short = (name) => (name.length > 12 ? `${name.slice(0, 6)}…${name.slice(-4)}` : name);
const bytes = (n) => (n >= 10_240 ? `${Math.round(n / 1024)} KiB` : `${n} B`);

let seen = 0;
/** What the provider's log has gained since it was last read. */
function newRequests() {
  const lines = existsSync(logFile) ? readFileSync(logFile, "utf8").trim().split("\n").filter(Boolean) : [];
  const fresh = lines.slice(seen).map((line) => JSON.parse(line));
  seen = lines.length;
  return fresh;
}

function requestLine({ at: time, method, bucket, path, status, bytesIn, bytesOut }) {
  const size = method === "PUT" ? bytes(bytesIn) : status === 200 ? bytes(bytesOut) : "nothing";
  return `${time.slice(11, 19)} ${method.padEnd(6)} ${bucket} ${short(path.slice(path.lastIndexOf("/") + 1))} ${size}`;
}

/** At most 12 lines: of a long series the first and the last. */
function seenByProvider(requests) {
  const lines = requests.map(requestLine);
  if (lines.length === 0) return ["(nothing)"];
  if (lines.length <= 12) return lines;
  return [...lines.slice(0, 6), `… ${lines.length - 10} more …`, ...lines.slice(-4)];
}

/** Runs a person's command, and shows both views. `show` shortens what would fill the screen. */
async function as(name, args, show = (out) => out) {
  newRequests();
  const out = await run(cwebBin, ["--home", at(name), ...args]);
  const typed = args.map((arg) => (/^[\w@./-]+$/.test(arg) ? arg : arg.startsWith("cweb:") ? "cweb:…" : `"${arg}"`));
  const mine = [
    ...wrap(`${name}$ cweb ${typed.join(" ").replaceAll(`${folder}/`, "")}`, left),
    ...wrap(show(out.trimEnd()) || "(nothing new)", left),
  ];
  await sleep(50); // the server logs a request when its answer has left
  sideBySide(mine, seenByProvider(newRequests()));
  print(dim(`${" ".repeat(left + 1)}│`));
  if (isTerminal) await sleep(700);
  return out;
}

const shortCards = (out) => out.replaceAll(/cweb:[\w-]{20,}/g, (card) => `${card.slice(0, 18)}… (${card.length} characters)`);
const shortIds = (out) =>
  out.replaceAll(/\b[a-z2-7]{54}\b/g, short).replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, (id) => `${id.slice(0, 8)}…`);
const shorter = (out) => shortIds(shortCards(out));

async function startProvider() {
  const server = start(serverBin, ["--data", at("disk"), "--port", "0", "--log", logFile]);
  server.ended.catch(() => undefined);
  for (let i = 0; i < 200 && !server.output().includes("listening "); i++) await sleep(50);
  const url = /listening (\S+)/.exec(server.output())?.[1];
  if (!url) throw new Error(`cweb-s3 did not start: ${server.output()}`);
  for (const name of ["ada", "ben"])
    writeFileSync(at(`${name}.json`), await run(serverBin, ["mailbox", name, "--data", at("disk"), "--endpoint", url]), { mode: 0o600 });
  return { ...server, url };
}

function filesBelow(path) {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const child = join(path, entry.name);
    return entry.isDirectory() ? filesBelow(child) : [child];
  });
}

/** What lies on the provider's disk for one bucket: sizes, and how many objects have each. */
function diskLines(name) {
  const files = filesBelow(at("disk", "buckets", name));
  const newest = files.map((file) => ({ file, size: statSync(file).size, time: statSync(file).mtime })).sort((a, b) => b.time - a.time);
  return newest
    .slice(0, 6)
    .map(
      ({ file, size, time }) =>
        `${time.toISOString().slice(11, 19)} ${String(size).padStart(6)} B  ${short(/[a-z2-7]{32}$/.exec(file)?.[0] ?? "")}`,
    );
}

async function tour(url) {
  print(bold("Cweb: private messages through buckets that people own"));
  print();
  explain(
    `An S3 server runs at ${url}, with a bucket for Ada and one for Ben. For each there is a key that writes, which stays with its owner, and a ` +
      "key that may only get, which goes to friends. There is no other server. Left: what a person types and sees. Right: what the provider logs.",
  );
  heading(1, "Each makes an identity over a bucket");
  await as("ada", ["init", "--storage", `@${at("ada.json")}`], shorter);
  await as("ben", ["init", "--storage", `@${at("ben.json")}`], shorter);
  heading(2, "They swap cards, once, in any way they like");
  const [ada, ben] = [
    (await run(cwebBin, ["--home", at("ada"), "card"])).trim(),
    (await run(cwebBin, ["--home", at("ben"), "card"])).trim(),
  ];
  await as("ada", ["add", ben, "--as", "ben"], shorter);
  await as("ben", ["add", ada, "--as", "ada"], shorter);
  heading(3, "Ada writes while Ben is away");
  await as("ada", ["send", "ben", "Meet at the pier?"]);
  await as("ada", ["send", "ben", "At noon."]);
  heading(4, "Ben comes, reads and answers; now Ada is away");
  await as("ben", ["receive"], shorter);
  await as("ben", ["send", "ada", "Yes. Bringing the chart."]);
  heading(5, "Ada comes back");
  await as("ada", ["receive"], shorter);
  await as("ada", ["send", "ben", "Then it is settled."]);
  await as("ben", ["receive"], shorter);
  heading(6, "Nothing new: one GET for each contact, and one for the own beacon");
  await as("ada", ["receive"]);
  await as("ada", ["status"], shorter);
}

function provider() {
  heading(7, "What lies on the provider's disk: Ada's bucket, Ben's bucket");
  sideBySide(diskLines("ada"), diskLines("ben"));
  const all =
    readFileSync(logFile, "utf8") +
    filesBelow(at("disk", "buckets"))
      .map((file) => readFileSync(file, "latin1"))
      .join("");
  const found = ["pier", "chart", "settled"].filter((word) => all.includes(word));
  print();
  explain(
    `${found.length === 0 ? "None" : `SOME (${found.join(", ")})`} of the words above can be found in the provider's log or on its disk. It sees random names, few sizes, times, ` +
      "and from where a bucket is read; not who is meant, and not what is said.",
  );
}

async function stay() {
  print();
  print(bold("The server is still up. Try it from another terminal, in this folder:"));
  print();
  for (const args of ['ben send ada "Hello from here"', "ada receive", "ada receive --watch --interval 2"])
    print(`  npx cweb --home ${folder}/${args}`);
  print();
  print("Ctrl-C ends it, and removes all of this.");
  await new Promise((resolve) => stopping.signal.addEventListener("abort", resolve, { once: true }));
}

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => stopping.abort());
const interrupted = new Promise((resolve) => stopping.signal.addEventListener("abort", () => resolve("stopped"), { once: true }));

async function main() {
  let server;
  try {
    server = await startProvider();
    const end = await Promise.race([tour(server.url), interrupted]);
    if (end === "stopped") return 130;
    provider();
    if (!isOnce) await stay();
    return 0;
  } catch (error) {
    process.stderr.write(`The tour cannot go on: ${error.message}\n`);
    return 1;
  } finally {
    server?.child.kill("SIGTERM");
    await server?.ended.catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exit(await main());
