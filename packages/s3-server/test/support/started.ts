import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { AwsClient } from "aws4fetch";
import { onTestFinished } from "vitest";
import { type AccessKey, type KeyGrant, type LogEntry, type S3Server, type S3ServerOptions, startS3Server } from "../../src/index.ts";

export const owner: KeyGrant = { ...key("OWNER"), bucket: "*", rights: ["get", "put", "delete", "list"] };
export const reader: KeyGrant = { ...key("READER"), bucket: "alice", rights: ["get"] };

export function key(name: string): AccessKey {
  return { accessKeyId: name, secretAccessKey: `${name.toLowerCase()}-secret` };
}

export interface Started {
  readonly server: S3Server;
  readonly dataDir: string;
  readonly log: LogEntry[];
  /** Failures of the server itself; most tests want none. */
  readonly failures: unknown[];
  /** A signed request, by a signer that shares no code with the server. */
  signed(path: string, init?: RequestInit, as?: AccessKey): Promise<Response>;
  sdk(as?: AccessKey, more?: Partial<ConstructorParameters<typeof S3Client>[0]>): S3Client;
}

/** A server in a folder of its own with the bucket `alice`, gone when the test ends. */
export async function start(options: Partial<S3ServerOptions> = {}): Promise<Started> {
  const dataDir = options.dataDir ?? (await temporaryDir());
  const log: LogEntry[] = [];
  const failures: unknown[] = [];
  const server = await startS3Server({
    dataDir,
    keys: [owner, reader],
    durable: false,
    log: (entry) => log.push(entry),
    onFailure: (cause) => failures.push(cause),
    ...options,
  });
  onTestFinished(() => server.close());
  const signed: Started["signed"] = (path, init, as = owner) => signerOf(as).fetch(`${server.url}${path}`, init);
  const sdk: Started["sdk"] = (as = owner, more = {}) => sdkOf(server.url, as, more);
  await (await signed("/alice", { method: "PUT" })).arrayBuffer();
  log.length = 0;
  return { server, dataDir, log, failures, signed, sdk };
}

export async function temporaryDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "cweb-s3-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

export function signerOf(as: AccessKey): AwsClient {
  return new AwsClient({
    accessKeyId: as.accessKeyId,
    secretAccessKey: as.secretAccessKey,
    service: "s3",
    region: "us-east-1",
    retries: 0,
  });
}

function sdkOf(endpoint: string, as: AccessKey, more: object): S3Client {
  const { accessKeyId, secretAccessKey } = as;
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey },
    ...more,
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** `403 AccessDenied`: status and S3 error code. */
export async function verdict(response: Promise<Response> | Response): Promise<string> {
  const { status, ok, text } = await read(response);
  return ok ? String(status) : `${status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? "no code"}`;
}

async function read(response: Promise<Response> | Response): Promise<{ status: number; ok: boolean; text: string }> {
  const answer = await response;
  return { status: answer.status, ok: answer.ok, text: await answer.text() };
}
