import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { AwsClient } from "aws4fetch";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A bucket, its owner's key, and the key of a user whom the bucket's policy lets get objects and nothing else. */
export interface RadosMailbox {
  readonly bucket: string;
  readonly write: AccessKey;
  readonly read: AccessKey;
}

export interface Radosgw {
  readonly url: string;
  /** Makes a bucket with two users of its own; takes about a second. */
  mailbox(name: string): Promise<RadosMailbox>;
  /** Ends all daemons and removes their data. */
  stop(): Promise<void>;
}

const script = fileURLToPath(new URL("../../../scripts/rgw.sh", import.meta.url));
const tools = ["radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "monmaptool"];

/**
 * Starts a Ceph RADOS Gateway of its own on free ports (about 10 s). Undefined where Ceph is not installed; in CI that is an error. When this
 * process dies the gateway ends too.
 */
export async function startRadosgw(): Promise<Radosgw | undefined> {
  const missing = tools.filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
  if (missing.length > 0) {
    const message = `Ceph is not installed (${missing.join(", ")} missing)`;
    if (process.env.CI) throw new Error(`CI must run the tests on Ceph: ${message}.`);
    console.warn(`${message}: the tests on it are left out.`);
    return undefined;
  }
  const dir = await mkdtemp(join(tmpdir(), "cweb-rgw-"));
  const data = join(dir, "ceph");
  const [gatewayPort, monitorPort] = [await freePort(), await freePort()];
  // Its standard input is our pipe: it closes when this process ends, in whatever way, and the script then stops its daemons.
  const child = spawn("bash", [script, data, String(gatewayPort), String(monitorPort)], { stdio: ["pipe", "pipe", "pipe"] });
  try {
    const url = await readyUrl(child);
    return { url, mailbox: (name) => makeMailbox(url, data, name), stop: () => stop(child, dir) };
  } catch (cause) {
    await stop(child, dir);
    throw cause;
  }
}

async function readyUrl(child: ChildProcess): Promise<string> {
  let problems = "";
  child.stderr?.on("data", (text: Buffer) => {
    problems += text.toString();
  });
  for await (const text of child.stdout ?? []) {
    const url = /^ready (\S+)$/m.exec(String(text))?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`The RADOS gateway did not start. ${problems}`);
}

async function stop(child: ChildProcess, dir: string): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => resolve());
  });
  child.stdin?.end();
  await ended;
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}

async function makeMailbox(url: string, data: string, bucket: string): Promise<RadosMailbox> {
  const write = await makeUser(data, `${bucket}-owner`, []);
  // No buckets of its own: this user can do nothing but what the policy says.
  const read = await makeUser(data, `${bucket}-reader`, ["--max-buckets=-1"]);
  const owner = new AwsClient({ ...write, service: "s3", region: "us-east-1" });
  await succeed(await owner.fetch(`${url}/${bucket}`, { method: "PUT" }));
  const statement = {
    Effect: "Allow",
    Principal: { AWS: [`arn:aws:iam:::user/${bucket}-reader`] },
    Action: ["s3:GetObject"],
    Resource: [`arn:aws:s3:::${bucket}/*`],
  };
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await succeed(await owner.fetch(`${url}/${bucket}?policy`, { method: "PUT", body: policy }));
  return { bucket, write, read };
}

async function succeed(response: Response): Promise<void> {
  const text = await response.text();
  if (!response.ok) throw new Error(`The RADOS gateway answered ${response.status}: ${text.slice(0, 300)}`);
}

async function makeUser(data: string, name: string, more: readonly string[]): Promise<AccessKey> {
  const key = { accessKeyId: randomBytes(10).toString("hex").toUpperCase(), secretAccessKey: randomBytes(20).toString("hex") };
  const keys = [`--access-key=${key.accessKeyId}`, `--secret-key=${key.secretAccessKey}`];
  const user = [`--uid=${name}`, `--display-name=${name}`, ...keys, ...more];
  await promisify(execFile)("radosgw-admin", ["-c", join(data, "ceph.conf"), "-n", "client.rgw", "user", "create", ...user]);
  return key;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
