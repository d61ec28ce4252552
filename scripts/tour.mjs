// npm start: people, buckets, a conversation, a profile, a large file, through the real cweb and cweb-s3 processes. On the left what a person types
// and sees, on the right what the storage provider sees: its own log and its own disk. `--once` ends by itself; else all stays up until Ctrl-C.
import { spawn } from "node:child_process";
import { createHash, randomFillSync } from "node:crypto";
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

/** One process; answers what it printed. `mayEndWith`: the exit code that is expected; null for one that is killed. */
function start(bin, args, mayEndWith = 0) {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (out += text));
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === mayEndWith ? resolve(out) : reject(new Error(`${args.join(" ")} ended with ${code}: ${out}`))));
  });
  return { child, ended, output: () => out };
}

const run = (bin, args, mayEndWith) => start(bin, args, mayEndWith).ended;
const short = (name) => (name.length > 12 ? `${name.slice(0, 6)}…${name.slice(-4)}` : name);
const bytes = (n) => (n >= 2 ** 20 ? `${(n / 2 ** 20).toFixed(1)} MiB` : n >= 10_240 ? `${Math.round(n / 1024)} KiB` : `${n} B`);

let seen = 0;
/** What the provider's log has gained since it was last read. What stands behind the last line's end is still being written. */
function unread() {
  const lines = existsSync(logFile) ? readFileSync(logFile, "utf8").split("\n").slice(0, -1) : [];
  return lines.slice(seen).map((line) => JSON.parse(line));
}

function newRequests() {
  const fresh = unread();
  seen += fresh.length;
  return fresh;
}

const isChunk = ({ bytesIn, bytesOut }) => Math.max(bytesIn, bytesOut) >= 2 ** 20;

function requestLine({ at: time, method, bucket, path, status, bytesIn, bytesOut }) {
  const size = method === "PUT" ? bytes(bytesIn) : status === 200 ? bytes(bytesOut) : "nothing";
  return `${time.slice(11, 19)} ${method.padEnd(6)} ${bucket} ${short(path.slice(path.lastIndexOf("/") + 1))} ${size}`;
}

/** At most 12 lines: chunks of a file are counted, and of a long series there are the first and the last. */
function seenByProvider(requests) {
  const chunks = requests.filter(isChunk);
  const first = chunks[0];
  const all = first && `${first.at.slice(11, 19)} ${first.method.padEnd(6)} ${first.bucket} ${chunks.length} times 1.0 MiB`;
  const lines = requests.flatMap((request) => (request === first ? [all] : isChunk(request) ? [] : [requestLine(request)]));
  if (lines.length === 0) return ["(nothing)"];
  if (lines.length <= 12) return lines;
  return [...lines.slice(0, 6), `… ${lines.length - 10} more …`, ...lines.slice(-4)];
}

/** Shows what a person typed and saw, and what the provider saw meanwhile. `show` shortens what would fill the screen. */
async function showBoth(name, args, out, show) {
  const typed = args.map((arg) => (/^[\w@./=-]+$/.test(arg) ? arg : arg.startsWith("cweb:") ? "cweb:…" : `"${arg}"`));
  const mine = [
    ...wrap(`${name}$ cweb ${shortIds(typed.join(" ")).replaceAll(`${folder}/`, "")}`, left),
    ...wrap(show(out.trimEnd()).replaceAll(`${folder}/`, "") || "(nothing new)", left),
  ];
  await sleep(50); // the server logs a request when its answer has left
  const requests = newRequests();
  sideBySide(mine, seenByProvider(requests));
  print(dim(`${" ".repeat(left + 1)}│`));
  if (isTerminal) await sleep(700);
  return requests;
}

/** Runs a person's command to its end. */
async function as(name, args, { show = shorter, mayEndWith = 0 } = {}) {
  newRequests();
  const out = await run(cwebBin, ["--home", at(name), ...args], mayEndWith);
  await showBoth(name, args, out, show);
  return out;
}

/** Runs a person's command until the provider has seen `most` chunks: then it is killed. Answers what the provider saw. */
async function killed(name, args, most) {
  newRequests();
  const { child, ended } = start(cwebBin, ["--home", at(name), ...args], null);
  const isTime = () => unread().filter(isChunk).length >= most;
  const watch = setInterval(() => isTime() && child.kill("SIGKILL"), 5);
  const out = await ended.finally(() => clearInterval(watch));
  return showBoth(name, args, `${out}Killed (kill -9)`, (text) => text);
}

const shortCards = (out) => out.replaceAll(/cweb(-file)?:[\w-]{20,}/g, (card) => `${card.slice(0, 18)}… (${card.length} characters)`);
const shortIds = (out) =>
  out
    .replaceAll(/\b([a-z2-7]{54}|[a-z2-7]{26}|[0-9a-f]{64})\b/g, short)
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, (id) => `${id.slice(0, 8)}…`);
const shorter = (out) => shortIds(shortCards(out));

async function startProvider() {
  const server = start(serverBin, ["--data", at("disk"), "--port", "0", "--log", logFile]);
  server.ended.catch(() => undefined);
  for (let i = 0; i < 200 && !server.output().includes("listening "); i++) await sleep(50);
  const url = /listening (\S+)/.exec(server.output())?.[1];
  if (!url) throw new Error(`cweb-s3 did not start: ${server.output()}`);
  for (const name of ["ada", "ben", "zoe"])
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
  const sizes = filesBelow(at("disk", "buckets", name)).map((file) => statSync(file).size);
  const counts = Map.groupBy(
    sizes.sort((a, b) => b - a),
    (size) => size,
  );
  return [...counts].map(([size, { length }]) => `${String(length).padStart(3)} ${length === 1 ? "object " : "objects"} of ${size} B`);
}

async function tour(url) {
  print(bold("Cweb: private messages and files through buckets that people own"));
  print();
  explain(
    `An S3 server runs at ${url}, with a bucket for each of Ada, Ben and Zoe. For each there is a key that writes, which stays with its owner, and a ` +
      "key that may only get, which goes to friends. There is no other server. Left: what a person types and sees. Right: what the provider logs.",
  );
  heading(1, "Each makes an identity over a bucket");
  await as("ada", ["init", "--storage", `@${at("ada.json")}`]);
  await as("ben", ["init", "--storage", `@${at("ben.json")}`]);
  heading(2, "They swap cards, once, in any way they like");
  const [ada, ben] = [await cardOf("ada"), await cardOf("ben")];
  await as("ada", ["add", ben, "--as", "ben"]);
  await as("ben", ["add", ada, "--as", "ada"]);
  heading(3, "Ada writes while Ben is away");
  await as("ada", ["send", "ben", "Meet at the pier?"]);
  await as("ada", ["send", "ben", "At noon."]);
  heading(4, "Ben comes, reads and answers; now Ada is away");
  await as("ben", ["receive"]);
  await as("ben", ["send", "ada", "Yes. Bringing the chart."]);
  heading(5, "Ada comes back");
  await as("ada", ["receive"]);
  await as("ada", ["send", "ben", "Then it is settled."]);
  await as("ben", ["receive"]);
  heading(6, "Nothing new: one GET for each contact, and one for the own beacon");
  await as("ada", ["receive"]);
  await as("ada", ["status"]);
  await profile(ada);
  await film();
}

const cardOf = async (name) => (await run(cwebBin, ["--home", at(name), "card"])).trim();

async function profile(ada) {
  heading(7, "Ada's profile is for Ben. Zoe, who has her card too, sees nothing");
  await run(cwebBin, ["--home", at("zoe"), "init", "--storage", `@${at("zoe.json")}`]);
  await run(cwebBin, ["--home", at("zoe"), "add", ada, "--as", "ada"]);
  await run(cwebBin, ["--home", at("ada"), "add", await cardOf("zoe"), "--as", "zoe"]);
  await as("ada", ["profile", "set", "name=Ada", "status=Sailing"]);
  await as("ada", ["profile", "share", "ben"]);
  await as("ben", ["receive"]);
  await as("zoe", ["profile", "show", "ada"], { mayEndWith: 1 });
}

/** Chunks that the provider was sent more than once. */
function sentTwice(requests) {
  const paths = requests.filter(isChunk).map(({ path }) => path);
  const { size } = new Set(paths);
  return `${paths.length - size} of ${size} chunks`;
}

async function film() {
  heading(8, "A film of 64 MB: the upload is killed in the middle, and goes on");
  const content = randomFillSync(Buffer.alloc(64_000_000));
  writeFileSync(at("film.mp4"), content);
  const before = await killed("ada", ["share", at("film.mp4"), "ben"], 30);
  newRequests();
  const args = ["share", at("film.mp4"), "ben"];
  const after = await showBoth("ada", args, await run(cwebBin, ["--home", at("ada"), ...args]), shorter);
  explain(`Sent a second time, since nobody knew whether they had arrived: ${sentTwice([...before, ...after])}.`);
  print();
  const out = await as("ben", ["receive"]);
  const message = /cweb fetch ([0-9a-f-]{36})/.exec(out)?.[1];
  await killed("ben", ["fetch", message], 20);
  const fetched = await as("ben", ["fetch", message]);
  const hash = createHash("sha256").update(content).digest("hex");
  explain(fetched.includes(hash) ? "The same 64,000,000 bytes on both sides: the hashes agree." : "THE HASHES DIFFER.");
}

function provider() {
  heading(9, "What lies on the provider's disk: Ada's bucket, Ben's bucket");
  sideBySide(diskLines("ada"), diskLines("ben"));
  const all =
    readFileSync(logFile, "utf8") +
    filesBelow(at("disk", "buckets"))
      .map((file) => readFileSync(file, "latin1"))
      .join("");
  const found = ["the pier", "the chart", "settled", "Sailing", "film.mp4"].filter((word) => all.includes(word));
  print();
  explain(
    `${found.length === 0 ? "None" : `SOME (${found.join(", ")})`} of the words above can be found in the provider's log or on its disk. It sees random names, few sizes (of a file, how ` +
      "many chunks), times, and from where a bucket is read; not who is meant, not what is said, not what the film is called.",
  );
}

async function stay() {
  print();
  print(bold("The server is still up. Try it from another terminal, in this folder:"));
  print();
  for (const args of ['ben send ada "Hello from here"', "ada receive", "ada files", "ada receive --watch --interval 2"])
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
